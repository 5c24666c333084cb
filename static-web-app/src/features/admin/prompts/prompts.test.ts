import { describe, expect, it } from "vitest";
import { faultsOf } from "./placeholders";
import type { DiffLine } from "./queries";
import { sideBySide, wordChanges, type Part } from "./side-by-side";

const RAG = [
  { name: "citation_rule", meaning: "", required: true },
  { name: "today", meaning: "", required: false },
];

describe("faultsOf", () => {
  it("finds what is missing and what is unknown", () => {
    expect(faultsOf("Today is {today}. {name}, {Straße}", RAG)).toEqual({
      missing: ["citation_rule"],
      unknown: ["Straße", "name"],
    });
    expect(faultsOf("{citation_rule}", RAG)).toEqual({ missing: [], unknown: [] });
  });
  it("takes doubled braces, and braces around more than a word, as text", () => {
    expect(faultsOf('{citation_rule} {{name}} {"a": 1} {two words} {}', RAG)).toEqual({ missing: [], unknown: [] });
    expect(faultsOf("{{citation_rule}}", RAG).missing).toEqual(["citation_rule"]);
  });
});

const lines = (...told: string[]): DiffLine[] => {
  let [old_number, new_number] = [0, 0];
  return told.map((each) => {
    const text = each.slice(1);
    if (each.startsWith("-")) return { change: "removed", old_number: ++old_number, new_number: null, text };
    if (each.startsWith("+")) return { change: "added", old_number: null, new_number: ++new_number, text };
    return { change: "same", old_number: ++old_number, new_number: ++new_number, text };
  });
};

describe("sideBySide", () => {
  it("puts what replaces beside what it replaces, and each side reads as its text", () => {
    const rows = sideBySide(lines(" a", "-b", "-c", "+B", " d", "+e", "-f", " g"));
    expect(rows.map((row) => `${row.old?.text ?? "."}${row.new?.text ?? "."}`)).toEqual([
      "aa",
      "bB",
      "c.",
      "dd",
      ".e",
      "f.",
      "gg",
    ]);
    expect(rows.flatMap((row) => row.old?.text ?? []).join("")).toBe("abcdfg");
    expect(rows.flatMap((row) => row.new?.text ?? []).join("")).toBe("aBdeg");
  });
  it("has no rows for nothing", () => expect(sideBySide([])).toEqual([]));
});

describe("wordChanges", () => {
  const marked = (parts: Part[]) => parts.map(({ text, changed }) => (changed ? `[${text}]` : text)).join("");
  it("marks the words that differ, and both sides stay whole", () => {
    const found = wordChanges("Answer briefly, in English.", "Answer precisely, in English and German.");
    if (!found) throw new Error("nothing in common");
    expect(marked(found.old)).toBe("Answer [briefly], in English.");
    expect(marked(found.new)).toBe("Answer [precisely], in English[ and German].");
  });
  it("does not look for words where two lines have nothing in common", () => {
    expect(wordChanges("Answer briefly.", "Use no other knowledge at all; cite it")).toBeNull();
    expect(wordChanges("x ".repeat(3_000), "y ".repeat(3_000))).toBeNull();
  });
});
