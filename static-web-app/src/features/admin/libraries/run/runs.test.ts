import { describe, expect, it } from "vitest";
import { laterOf, reasonsOf, type SyncRun } from "./runs";

const run = (told: Partial<SyncRun>) => ({ status: "running", duration_s: 0, reasons: {}, ...told }) as SyncRun;

describe("laterOf", () => {
  it("takes an end over what was on the way, whoever tells it first", () => {
    const [running, ended] = [run({ duration_s: 9 }), run({ status: "complete", duration_s: 8 })];
    expect(laterOf(running, ended)).toBe(ended);
    expect(laterOf(ended, running)).toBe(ended);
  });
  it("takes the longer of two on the way", () => {
    const [early, late] = [run({ duration_s: 1 }), run({ duration_s: 2 })];
    expect(laterOf(late, early)).toBe(late);
    expect(laterOf(early, late)).toBe(late);
  });
});

describe("reasonsOf", () => {
  it("has the most frequent first, and the alphabet for equals", () => {
    expect(reasonsOf(run({ reasons: { empty: 1, needs_ocr: 4, corrupt: 1 } })).map(([code]) => code)).toEqual([
      "needs_ocr",
      "corrupt",
      "empty",
    ]);
  });
});
