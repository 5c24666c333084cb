import { describe, expect, it } from "vitest";
import { choiceOf, wishOf } from "./wish";

describe("choiceOf", () => {
  it("tells an own budget without a limit from the default", () => {
    expect(choiceOf({ is_default: true, limit: null })).toBe("default");
    expect(choiceOf({ is_default: true, limit: 500 })).toBe("default");
    expect(choiceOf({ is_default: false, limit: null })).toBe("none");
    expect(choiceOf({ is_default: false, limit: 0 })).toBe("own");
  });
});

describe("wishOf", () => {
  it("reads numbers as people write them", () => {
    for (const text of ["250000", " 250,000 ", "250.000", "250 000", "250 000", "250’000"]) {
      expect(wishOf("own", text), text).toBe(250_000);
    }
    expect(wishOf("own", "0")).toBe(0);
    expect(wishOf("own", "1,250,000")).toBe(1_250_000);
    expect(wishOf("own", "1,000,000,000,000")).toBe(1e12);
  });
  it("does not guess at anything else", () => {
    for (const text of ["", "-1", "1.5", "2,50", "1.0000", "12 apples", "1e5", "1,000,000,000,001", "99999999999999"]) {
      expect(wishOf("own", text), text).toBeUndefined();
    }
  });
  it("does not look at the text where no number is wanted", () => {
    expect(wishOf("default", "5")).toBe("default");
    expect(wishOf("none", "5")).toBeNull();
  });
});
