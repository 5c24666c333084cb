import { describe, expect, it } from "vitest";
import { areaPath, indexAt, linePath, namedIndices, runsOf, stacked, ticksOf, xOf, yOf, type Frame } from "./geometry";

const frame: Frame = { left: 10, right: 110, top: 0, bottom: 100, count: 5, max: 50 };

describe("ticksOf", () => {
  it("are few, round, and reach the highest value", () => {
    expect(ticksOf(100)).toEqual([0, 25, 50, 75, 100]);
    expect(ticksOf(1)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(ticksOf(0.0031)).toEqual([0, 0.001, 0.002, 0.003, 0.004]);
    for (const max of [1e-7, 0.3, 3, 7, 13, 99, 101, 12_345, 9.99e11]) {
      const ticks = ticksOf(max);
      expect(ticks.at(-1), `${max}`).toBeGreaterThanOrEqual(max);
      expect(ticks.length, `${max}`).toBeGreaterThanOrEqual(3);
      expect(ticks.length, `${max}`).toBeLessThanOrEqual(6);
    }
  });
  it("stand also where there is nothing", () => {
    expect(ticksOf(0)).toEqual([0, 1]);
    expect(ticksOf(Number.NaN)).toEqual([0, 1]);
  });
});

describe("places", () => {
  it("spread the points over the width, a single one in the middle", () => {
    expect([0, 2, 4].map((index) => xOf(frame, index))).toEqual([10, 60, 110]);
    expect(xOf({ ...frame, count: 1 }, 0)).toBe(60);
    expect([yOf(frame, 0), yOf(frame, 50)]).toEqual([100, 0]);
  });
  it("find the nearest point, whatever lies outside", () => {
    expect([-50, 10, 47, 48, 900].map((x) => indexAt(frame, x))).toEqual([0, 0, 1, 2, 4]);
    expect(indexAt({ ...frame, count: 1 }, 100)).toBe(0);
  });
  it("name the first and the last day, and no day twice", () => {
    expect(namedIndices(30, 4)).toEqual([9, 19, 29]);
    expect(namedIndices(3, 6)).toEqual([0, 1, 2]);
    expect(namedIndices(1, 6)).toEqual([0]);
  });
});

describe("series", () => {
  it("are broken where nothing is known", () => {
    expect(runsOf([null, 1, 2, null, 3])).toEqual([
      [1, 2],
      [4, 4],
    ]);
    expect(linePath(frame, [0, 50, null, 25, null])).toBe("M10.0,100.0L35.0,0.0M85.0,50.0");
    expect(linePath(frame, [null, null])).toBe("");
  });
  it("are put upon each other", () => {
    expect(
      stacked([
        [1, null, 3],
        [10, 20, null],
      ]),
    ).toEqual([
      [1, 0, 3],
      [11, 20, 3],
    ]);
  });
  it("enclose an area with the one below", () => {
    expect(areaPath({ ...frame, count: 2 }, [50, 25], [0, 0])).toBe("M10.0,0.0L110.0,50.0L110.0,100.0L10.0,100.0Z");
  });
});
