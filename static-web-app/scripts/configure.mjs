// Makes an export one environment's: writes config.json and staticwebapp.config.json into it.
//   node scripts/configure.mjs --api https://api.corp.com/api --site out
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { api: { type: "string" }, site: { type: "string" } } });
if (!values.api || !values.site) {
  console.error("usage: node scripts/configure.mjs --api https://api.corp.com/api --site out");
  process.exit(2);
}
const api = new URL(values.api);
const isLocal = api.hostname === "localhost";
if (api.protocol !== "https:" && !isLocal) {
  console.error(`the API's address must be https, not ${values.api}`);
  process.exit(2);
}
const template = JSON.parse(readFileSync(resolve(import.meta.dirname, "../staticwebapp.config.json"), "utf8"));
const headers = template.globalHeaders;
const policy = headers["Content-Security-Policy"].replace("{API_ORIGIN}", api.origin);
// a local stack has no TLS to be upgraded to
headers["Content-Security-Policy"] = isLocal ? policy.replace("; upgrade-insecure-requests", "") : policy;
if (isLocal) delete headers["Strict-Transport-Security"];
writeFileSync(join(values.site, "staticwebapp.config.json"), JSON.stringify(template, null, 2) + "\n");
writeFileSync(join(values.site, "config.json"), JSON.stringify({ api: api.href.replace(/\/+$/, "") }) + "\n");
