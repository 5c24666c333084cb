import { describe, expect, it } from "vitest";
import { fallbacksOf, lastPlace, stepsToMove, type Step } from "./order";

type Row = Parameters<typeof fallbacksOf>[0][number];

const row = (id: string, fallback_order: number | null, is_active = false): Row => ({ id, fallback_order, is_active });

/** As the API does it: a place that somebody has is refused. */
function carriedOut(rows: readonly Row[], steps: readonly Step[]): string {
  const kept = rows.map((each) => ({ ...each }));
  for (const { id, fallback_order } of steps) {
    expect(fallback_order === null || (fallback_order >= 1 && fallback_order <= 1_000)).toBe(true);
    expect(
      kept.some((each) => fallback_order !== null && each.fallback_order === fallback_order && each.id !== id),
    ).toBe(false);
    for (const each of kept) if (each.id === id) each.fallback_order = fallback_order;
  }
  return fallbacksOf(kept)
    .map(({ id }) => id)
    .join("");
}

describe("stepsToMove", () => {
  const tight = [row("serves", 2, true), row("a", 1), row("b", 3), row("c", 4), row("idle", null)];
  const roomy = [row("a", 10), row("b", 20), row("c", 30)];

  it.each([
    ["tight", tight],
    ["roomy", roomy],
    ["at the end of the numbers", [row("a", 998), row("b", 999), row("c", 1_000)]],
    ["at their beginning", [row("a", 1), row("b", 2), row("c", 3)]],
  ])("moves one place and nothing else, %s", (_, rows) => {
    expect(carriedOut(rows, stepsToMove(rows, "b", -1))).toBe("bac");
    expect(carriedOut(rows, stepsToMove(rows, "c", -1))).toBe("acb");
    expect(carriedOut(rows, stepsToMove(rows, "a", 1))).toBe("bac");
    expect(carriedOut(rows, stepsToMove(rows, "b", 1))).toBe("acb");
  });

  it("takes one step where there is room, three where there is none", () => {
    expect(stepsToMove(roomy, "b", -1)).toHaveLength(1);
    const full = [row("a", 1), row("b", 2), row("c", 3), row("serves", 4, true), row("d", 5)];
    expect(stepsToMove(full, "b", -1)).toEqual([
      { id: "a", fallback_order: null },
      { id: "b", fallback_order: 1 },
      { id: "a", fallback_order: 2 },
    ]);
    expect(carriedOut(full, stepsToMove(full, "b", -1))).toBe("bacd");
  });

  it("does nothing at the ends, and to who is no fallback", () => {
    expect(stepsToMove(tight, "a", -1)).toEqual([]);
    expect(stepsToMove(tight, "c", 1)).toEqual([]);
    for (const id of ["serves", "idle", "nobody"]) {
      expect(stepsToMove(tight, id, -1)).toEqual([]);
      expect(stepsToMove(tight, id, 1)).toEqual([]);
    }
  });
});

describe("lastPlace", () => {
  it("is behind all, also behind the active one's own, and never past the end", () => {
    expect(lastPlace([])).toBe(10);
    expect(lastPlace([row("serves", 40, true), row("a", 10)])).toBe(50);
    expect(lastPlace([row("a", 995)])).toBe(1_000);
  });
});
