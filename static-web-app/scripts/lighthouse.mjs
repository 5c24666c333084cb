// Lighthouse on the chat, signed in: node scripts/lighthouse.mjs <folder of the package> <desktop|mobile> [<report.html>]
// One line of JSON: scores, metrics, and what costs points. Against a stack as e2e/browser.ts is told of it; the package
// is no dependency of the web app's, the bench brings it (bench/browser.py).
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [folder, shape, report] = process.argv.slice(2);
const { NEXUS_E2E_WEB: web, NEXUS_E2E_CHROMIUM: executablePath } = process.env;
if (!folder || !["desktop", "mobile"].includes(shape) || !web || !executablePath) {
  console.error("usage: NEXUS_E2E_WEB=… NEXUS_E2E_CHROMIUM=… node scripts/lighthouse.mjs <folder> <desktop|mobile>");
  process.exit(2);
}
const at = (file) => import(pathToFileURL(resolve(folder, file)).href);
const { default: lighthouse } = await at("core/index.js");
const { default: desktop } = await at("core/config/desktop-config.js");

const port = await new Promise((found) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => found(port));
  });
});
// the session is a cookie of the profile, which Lighthouse' own tab shares
const profile = mkdtempSync(join(tmpdir(), "nexus-lighthouse-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", `--remote-debugging-port=${port}`, "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  await page.goto(`${web}/chat`);
  await page.getByRole("button", { name: /Microsoft/ }).click();
  await page.getByRole("button", { name: "Alice" }).click();
  await page.getByRole("textbox").first().waitFor();
  await page.close();
  let { lhr, report: html } = await run();
  // now and then a trace has no beginning (NO_NAVSTART): that says nothing of the page
  for (let again = 0; lhr.runtimeError && again < 3; again++) ({ lhr, report: html } = await run());
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  if (report) writeFileSync(report, html);
  const scores = Object.fromEntries(
    Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round(score * 100)]),
  );
  const metrics = Object.fromEntries(
    ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"].map(
      (name) => [name, lhr.audits[name].numericValue],
    ),
  );
  const lost = Object.values(lhr.audits)
    .filter(({ score, scoreDisplayMode }) => score !== null && score < 0.9 && scoreDisplayMode !== "informative")
    .map(({ id, displayValue }) => (displayValue ? `${id} (${displayValue})` : id));
  console.log(
    JSON.stringify({ shape, url: lhr.finalDisplayedUrl, version: lhr.lighthouseVersion, scores, metrics, lost }),
  );
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}

function run() {
  return lighthouse(
    `${web}/chat`,
    {
      port,
      output: "html",
      logLevel: "error",
      disableStorageReset: true,
      onlyCategories: ["performance", "accessibility", "best-practices"],
    },
    shape === "desktop" ? desktop : undefined,
  );
}
