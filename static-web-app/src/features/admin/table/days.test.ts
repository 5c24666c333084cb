import { describe, expect, it } from "vitest";
import { dayAfter, daysBetween, isDay, momentOf } from "./days";

describe("momentOf", () => {
  it("takes in the whole of the last day, in the reader's own calendar", () => {
    const [from, to] = [momentOf("2026-03-02", "from"), momentOf("2026-03-02", "to")];
    expect(new Date(from ?? "").getTime()).toBe(new Date(2026, 2, 2).getTime());
    expect(new Date(to ?? "").getTime()).toBe(new Date(2026, 2, 3).getTime());
  });
  it("asks for nothing where an address holds no day", () => {
    for (const text of ["", "yesterday", "2026-13-01", "2026-3-2"])
      expect(momentOf(text, "from"), text).toBeUndefined();
  });
});

describe("days", () => {
  it("goes over months, leap days and changes of the clock", () => {
    expect(daysBetween("2028-02-28", "2028-03-01")).toEqual(["2028-02-28", "2028-02-29", "2028-03-01"]);
    expect(daysBetween("2026-03-28", "2026-03-30")).toEqual(["2026-03-28", "2026-03-29", "2026-03-30"]);
    expect(daysBetween("2026-03-02", "2026-03-01")).toEqual([]);
    expect(dayAfter("2026-01-01", -1)).toBe("2025-12-31");
  });
  it("knows what is none", () => {
    expect(isDay("2026-02-01")).toBe(true);
    expect(isDay("2026-19-01")).toBe(false);
    expect(isDay("soon")).toBe(false);
  });
});
