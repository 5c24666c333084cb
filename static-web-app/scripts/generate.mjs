// Wire types from the API's own description: `npm run generate`; with --check it only says whether they are stale.
// The description is asked of the product's code, so no server has to run. PYTHON names another interpreter.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import openapiTypescript, { astToString } from "openapi-typescript";

const root = resolve(import.meta.dirname, "../..");
const target = resolve(import.meta.dirname, "../src/api/schema.ts");
const python = process.env.PYTHON ?? resolve(root, ".venv/bin/python");
const describe =
  "import sys, function_app; from shared.web import openapi; sys.stdout.buffer.write(openapi.document())";

const document = JSON.parse(
  execFileSync(python, ["-c", describe], { cwd: root, maxBuffer: 64 << 20, encoding: "utf8" }),
);
const head = "// Made by `npm run generate` from the API's OpenAPI; not written by hand.\n";
const made = head + astToString(await openapiTypescript(document, { alphabetize: true, defaultNonNullable: false }));

if (!process.argv.includes("--check")) {
  writeFileSync(target, made);
} else if (!existsSync(target) || readFileSync(target, "utf8") !== made) {
  console.error("src/api/schema.ts is not what the API says: run `npm run generate` in static-web-app.");
  process.exit(1);
}
