import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ApiError } from "@/api/problem";
import { plural } from "./messages";
import { usePreferences } from "./preferences";
import { germanProblems } from "./problems.de";
import { fetchProblemSentences } from "./problems";
import { sentenceOf, shellMessages } from "./shell";

it("counts as its language does", () => {
  const forms = { one: "# thing", other: "# things" };
  expect([0, 1, 2, 1_500].map((n) => plural("en", n, forms))).toEqual([
    "0 things",
    "1 thing",
    "2 things",
    "1,500 things",
  ]);
  expect(plural("de", 1_500, forms)).toBe("1.500 things");
});

const SOURCES = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.ts$/.test(name) && name !== join("api", "schema.ts"))
  .map((name) => ({ name, text: readFileSync(join("src", name), "utf8") }));

interface Part {
  name: string;
  en: object;
  de: object;
  /** All sources that can say its words: those that name it, or the type of its words. */
  readers: string;
}

/** Every part of the catalogue, wherever it stands. */
const PARTS: Part[] = [];
for (const { name: file, text } of SOURCES) {
  for (const [, name = ""] of text.matchAll(/^export const (\w+) = catalogue\(/gm)) {
    const { [name]: part } = (await import(join("..", file))) as Record<string, { en: object; de: object }>;
    if (!part) throw new Error(`${file} exports no ${name}`);
    const type = new RegExp(`^export type (\\w+) = \\(typeof ${name}\\)`, "m").exec(text)?.[1];
    const named = new RegExp(`\\b(${[name, type].filter(Boolean).join("|")})\\b`);
    const readers = SOURCES.filter((source) => source.name !== file && named.test(source.text));
    const rest = text.replace(/= catalogue\([\s\S]*?^\);/gm, "");
    PARTS.push({ name, ...part, readers: [rest, ...readers.map((source) => source.text)].join("\n") });
  }
}

it("knows all of the catalogue", () => {
  const made = SOURCES.reduce((sum, { text }) => sum + text.split(/\bcatalogue\(/).length - 1, 0);
  expect(PARTS).toHaveLength(made);
});

/** Paths of all that is said: strings, and functions that make them. */
function pathsOf(words: object, above: string[] = []): { path: string[]; said: unknown }[] {
  return Object.entries(words).flatMap(([key, said]: [string, unknown]) =>
    said !== null && typeof said === "object" ? pathsOf(said, [...above, key]) : [{ path: [...above, key], said }],
  );
}

/** Names and units. */
const THE_SAME = new Set(["providerMessages.kind.azure", "answerMessages.time"]);

it.each(PARTS.map((part) => [part.name, part] as const))(
  "%s says the same things in German as in English",
  (_, part) => {
    const [en, de] = [pathsOf(part.en), pathsOf(part.de)];
    expect(de.map(({ path }) => path.join("."))).toEqual(en.map(({ path }) => path.join(".")));
    const german = new Map(de.map(({ path, said }) => [path.join("."), said]));
    for (const { path, said } of en) {
      const other = german.get(path.join("."));
      expect(typeof other, path.join(".")).toBe(typeof said);
      expect(other, path.join(".")).toBeTruthy();
      // one word may be the same in both languages; a sentence is not
      if (String(said).includes(" ") && !THE_SAME.has([part.name, ...path].join(".")))
        expect(String(other), path.join(".")).not.toBe(String(said));
    }
  },
);

/** What data names, the API's or a type's: which of these there are is not written where they are said. */
const NAMED_BY_DATA: Record<string, RegExp> = {
  actionMessages: /./,
  reasonMessages: /./,
  chatMessages: /^(today|yesterday|week)$/,
  notebookMessages: /^(stored|processing)$/,
  budgetListMessages: /^(user|department)$/,
};

it.each(PARTS.map((part) => [part.name, part] as const))("nothing of %s is never said", (name, { en, readers }) => {
  const isSaid = (path: string[]): boolean => {
    const key = path.at(-1) ?? "";
    const parent = path.at(-2);
    // t.key, { key } = …, { key: t, … } = …
    if (new RegExp(`\\.${key}\\b|\\{[^{}=]*\\b${key}\\b[^{}=]*\\} = `).test(readers)) return true;
    // t[name], where "key" is one of the names; t[`${name}Hint`]
    if (
      /\bt\[/.test(readers) &&
      new RegExp(`"${key}"|\\[\`\\$\\{\\w+\\}${key.replace(/^[a-z]+/, "")}\`\\]`).test(readers)
    )
      return true;
    // t.parent[code], of(t.parent), t.parent as …: any of its words
    return parent !== undefined && new RegExp(`\\.${parent}\\b(?!\\.[a-z]\\w*\\b(?!\\()|\\()`).test(readers);
  };
  expect(
    pathsOf(en)
      .map(({ path }) => path)
      .filter((path) => !isSaid(path))
      .map((path) => path.join("."))
      .filter((path) => !NAMED_BY_DATA[name]?.test(path)),
  ).toEqual([]);
});

it("tells an error in the reader's words, or in the API's where these are more exact", async () => {
  const conflict = new ApiError(409, "invalid", "Expected `int` <= 100.", "id");
  expect(sentenceOf(conflict, shellMessages.de)).toBe("Expected `int` <= 100.");
  expect(sentenceOf(new ApiError(503, "x", "The redis service …", "id"), shellMessages.de)).toMatch(
    /gerade nicht erreichbar/,
  );
  expect(sentenceOf(new TypeError("x"), shellMessages.en)).toBe(shellMessages.en.error.unknown);
  const spent = new ApiError(429, "token_budget_spent", "Your budget for today is spent.", "id");
  expect(sentenceOf(spent, shellMessages.en)).toBe("Your budget for today is spent.");
  expect(sentenceOf(new ApiError(429, "rate_limited", "No more than …", "id"), shellMessages.en)).toBe(
    shellMessages.en.error[429],
  );
  await fetchProblemSentences("de");
  usePreferences.setState({ language: "de" });
  expect(sentenceOf(spent, shellMessages.de)).toBe(germanProblems.token_budget_spent);
  usePreferences.setState({ language: "en" });
});

it("has German for every problem that the API documents and whose status says too little", () => {
  const documented = readFileSync("src/api/schema.ts", "utf8").matchAll(
    /status\?: (\d+);\s+code\?: ([^;]+);|code\?: ([^;]+);\s+(?:[^}]*?)status\?: (\d+);/g,
  );
  const codes = new Map<string, string>();
  for (const [, before, one, other, after] of documented)
    for (const [, code = ""] of (one ?? other ?? "").matchAll(/"(\w+)"/g)) codes.set(code, before ?? after ?? "");
  expect(codes.size).toBeGreaterThan(50);
  // whose sentence names the field, the rule, the limit
  const inTheApisWords = ["invalid", "invalid_json", "provider_invalid", "prompt_placeholders", "scope_rules_invalid"];
  const others = ["too_large", "unsupported_type", "idempotency_key_malformed"];
  const said = new Set([...Object.keys(germanProblems), ...inTheApisWords, ...others]);
  const byStatus = Object.keys(shellMessages.de.error);
  expect([...codes].filter(([code, status]) => !said.has(code) && !byStatus.includes(status))).toEqual([]);
});

it("is what public/theme.js chooses from", () => {
  expect(readFileSync("public/theme.js", "utf8")).toContain("nexus.preferences");
});
