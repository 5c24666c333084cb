import { describe, expect, it } from "vitest";
import { formatDuration, formatSize, formatTime } from "./quantities";

describe("formatDuration", () => {
  it.each([
    [0, "0 s"],
    [0.4, "0 s"],
    [59.6, "1 min"],
    [200, "3 min 20 s"],
    [3_600, "1 h"],
    [3_959, "1 h 5 min"],
  ])("writes %d seconds as %s", (seconds, written) => expect(formatDuration(seconds)).toBe(written));
});

describe("formatSize", () => {
  it("takes the unit that leaves one to three digits", () => {
    expect(formatSize("en", 0)).toBe("0 bytes");
    expect(formatSize("en", 999)).toBe("999 bytes");
    expect(formatSize("en", 1_000)).toBe("1 kB");
    expect(formatSize("en", 52_428_800)).toBe("52.4 MB");
  });
  it("writes the comma of German", () => expect(formatSize("de", 52_428_800)).toBe("52,4 MB"));
});

describe("formatTime", () => {
  it("says the day before the month in both languages", () => {
    expect(formatTime("en", "2026-11-03T12:00:00Z")).toMatch(/^3 Nov 2026, \d\d:00$/);
    expect(formatTime("de", "2026-11-03T12:00:00Z")).toMatch(/^03\.11\.2026, \d\d:00$/);
  });
});
