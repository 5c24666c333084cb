import { describe, expect, it } from "vitest";
import { csvOf } from "./csv";

const lines = (csv: string) => csv.split("\r\n");

describe("csvOf", () => {
  it("quotes what would end a cell, and doubles quotes", () => {
    expect(lines(csvOf(["name", "note"], [['A "b", c', "two\nlines"]]))[1]).toBe('"A ""b"", c","two\nlines"');
  });
  it("lets no cell begin a formula, but leaves numbers numbers", () => {
    expect(lines(csvOf(["a", "b", "c"], [["=1+1", "-2", -2]]))[1]).toBe("'=1+1,'-2,-2");
  });
  it("leaves empty what is not there", () => expect(lines(csvOf(["a", "b"], [[null, false]]))[1]).toBe(",false"));
  it("begins with the mark that Excel needs", () => expect(csvOf(["a"], []).codePointAt(0)).toBe(0xfeff));
});
