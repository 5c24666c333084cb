import { describe, expect, it } from "vitest";
import { adminMessages } from "../shell/messages";
import { isWithin, scopeWords } from "./scope";

const everyone = { department_id: null, country_id: null };
const hr = { department_id: "hr", country_id: null };
const hrGermany = { department_id: "hr", country_id: "de" };

describe("isWithin", () => {
  it("lets an open reach have everything", () => {
    expect(isWithin(everyone, everyone)).toBe(true);
    expect(isWithin(everyone, hrGermany)).toBe(true);
  });
  it("keeps a department within itself, in every country", () => {
    expect(isWithin(hr, hrGermany)).toBe(true);
    expect(isWithin(hr, everyone)).toBe(false);
    expect(isWithin(hrGermany, hr)).toBe(false);
  });
});

describe("scopeWords", () => {
  it("names what narrows, and everyone where nothing does", () => {
    expect(scopeWords(adminMessages.en, { department: "HR", country: "Germany" })).toBe("HR · Germany");
    expect(scopeWords(adminMessages.en, { department: null, country: "Germany" })).toBe("Germany");
    expect(scopeWords(adminMessages.de, {})).toBe("Alle");
  });
});
