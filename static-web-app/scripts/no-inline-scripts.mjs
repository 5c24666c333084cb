// After `next build`: moves what Next.js writes as inline scripts into files, so that the CSP needs neither
// 'unsafe-inline' nor a hash a page. Scripts keep their order: files without async run where they stand, as inline ones.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const out = resolve(import.meta.dirname, "../out");
const folder = join(out, "_next", "static", "page");
const RUN = /(?:<script(?: id="_R_")?>[^<]*<\/script>)+/g;
const LEFT = /<script(?![^>]*\ssrc=)[^>]*>|\son[a-z]+="|<[^>]+\sstyle="/i;

mkdirSync(folder, { recursive: true });
const pages = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
for (const page of pages) {
  const file = join(out, page);
  const html = readFileSync(file, "utf8").replace(RUN, (scripts) => {
    const code = [...scripts.matchAll(/>([^<]*)<\/script>/g)].map(([, script]) => script).join(";\n");
    const name = `${createHash("sha256").update(code).digest("hex").slice(0, 16)}.js`;
    writeFileSync(join(folder, name), code);
    return `<script src="/_next/static/page/${name}"></script>`;
  });
  const left = LEFT.exec(html);
  if (left) {
    console.error(`${page} still holds what the CSP refuses: ${html.slice(left.index, left.index + 160)}`);
    process.exit(1);
  }
  writeFileSync(file, html);
}
console.log(`${pages.length} pages without inline scripts.`);
