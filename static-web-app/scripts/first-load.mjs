// How much script a page loads before anybody does anything, gzipped: `npm run first-load`. The chat has 180 kB.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 180;
const out = resolve(import.meta.dirname, "../out");
for (const page of process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["chat"]) {
  const html = readFileSync(join(out, `${page}.html`), "utf8");
  // noModule scripts are for browsers that no module runs in
  const scripts = [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"[^>]*>/g)].filter(([tag]) => !/nomodule/i.test(tag));
  const sizes = [...new Set(scripts.map(([, source]) => source))].map((source) => [
    source,
    gzipSync(readFileSync(join(out, source)), { level: 6 }).length,
  ]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0) / 1000;
  if (process.env.VERBOSE) for (const [source, size] of sizes) console.log(`  ${String(size).padStart(7)} ${source}`);
  console.log(`${page}: ${total.toFixed(1)} kB of script at first load (limit ${LIMIT_KB})`);
  if (total > LIMIT_KB) process.exitCode = 1;
}
