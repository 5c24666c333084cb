import { describe, expect, it } from "vitest";
import { askedOf, byDay, dayName, lastDays, lengthOf } from "./days";

const TODAY = "2026-03-02";

describe("periods", () => {
  it("are known again by their length", () => {
    expect(lastDays(7, TODAY)).toEqual({ from: "2026-02-24", to: TODAY });
    for (const length of [7, 30, 90, 365] as const) expect(lengthOf(lastDays(length, TODAY), TODAY)).toBe(length);
  });
  it("are their own where somebody chose the days", () => {
    expect(lengthOf({ from: "2026-01-01", to: "2026-01-31" }, TODAY)).toBeNull();
    expect(lengthOf({ from: "", to: TODAY }, TODAY)).toBeNull();
  });
  it("ask for no day that is none", () => {
    expect(askedOf({ from: "soon", to: "2026-01-31" })).toEqual({ from: null, to: "2026-01-31" });
  });
});

describe("byDay", () => {
  it("has a value for every day, in order, also where nothing was", () => {
    const report = { from: "2026-02-27", to: "2026-03-02" };
    const items = [
      { day: "2026-03-01", n: 5 },
      { day: "2026-02-27", n: 2 },
    ];
    expect(
      byDay(
        report,
        items,
        (item) => item.day,
        (item) => item?.n ?? 0,
      ),
    ).toEqual({
      days: ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"],
      values: [2, 0, 5, 0],
    });
  });
});

describe("dayName", () => {
  it("names the day that was counted, in whatever zone it is read", () => {
    expect(dayName("en", "2026-03-01")).toBe("1 Mar 2026");
    expect(dayName("de", "2026-03-01")).toBe("1. März 2026");
  });
});
