import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where pictures are kept, for people to look at; none without it. */
const SHOTS = process.env.NEXUS_E2E_SHOTS;

/** Both themes, both languages, and the least room: German's words are the longer ones. */
export const LOOKS = [
  { name: "light", width: 1440, height: 900, dark: false, locale: "en-US" },
  { name: "dark", width: 1440, height: 900, dark: true, locale: "de-DE" },
  { name: "phone", width: 390, height: 844, dark: false, locale: "de-DE" },
];

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** WCAG 2.2 AA as far as a machine can tell; and a picture: of a page at rest, but for what is looked at in the midst
 *  of something. */
export async function look(page: Page, name: string, { inTheMidst = false } = {}): Promise<void> {
  if (!inTheMidst) await settled(page);
  if (SHOTS) await take(page, name);
  // evaluated by the debugger, which no CSP concerns
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<{ violations: Violation[] }> } };
    return (await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] })).violations;
  });
  expect(
    found.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary ?? ""}`),
  ).toEqual([]);
}

/** Everything has come: what is loaded behind the first page, lists, fonts. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page
    .getByRole("status", { name: /^(Loading|Wird geladen)$/ })
    .first()
    .waitFor({ state: "detached" });
  const isWide = (page.viewportSize()?.width ?? 0) >= 1024;
  // the administration's menu, for who has one
  if (isWide && (await page.locator('nav a[aria-current="page"]').count()) > 0) {
    if (new URL(page.url()).pathname.startsWith("/admin")) await page.locator("nav section a").first().waitFor();
  }
  await page.evaluate(() => document.fonts.ready);
}

/** As WebP, which only the browser itself makes: pictures of every page are to stay small. */
async function take(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS ?? "", { recursive: true });
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send("Page.captureScreenshot", { format: "webp", quality: 70 });
  await browser.detach();
  writeFileSync(`${SHOTS}/${name}.webp`, Buffer.from(data, "base64"));
}
