import { expect, it } from "vitest";
import { firstBelow, topsOf } from "./virtual-list";

it("finds the line at any height", () => {
  const tops = topsOf(4, (index) => [10, 20, 30, 40][index] ?? 0);
  expect(tops).toEqual([0, 10, 30, 60, 100]);
  expect([-5, 0, 9, 10, 59, 60, 99, 1_000].map((y) => firstBelow(tops, y))).toEqual([0, 0, 0, 1, 2, 3, 3, 3]);
  expect(firstBelow([0], 0)).toBe(0);
});
