import type { Provider } from "./queries";

type Placed = Pick<Provider, "id" | "is_active" | "fallback_order">;

/** One change of a place; null takes it away. */
export interface Step {
  id: string;
  fallback_order: number | null;
}

const LAST = 1_000;
/** Between places that are given, so that later there is room between them. */
const ROOM = 10;

/** Who is asked after the active one, in that order. `rows` are all of one mode. */
export function fallbacksOf<Row extends Placed>(rows: readonly Row[]): Row[] {
  const placed = rows.filter((row) => !row.is_active && row.fallback_order !== null);
  return placed.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Behind all others; an active row keeps its place for when it serves no more. */
export function lastPlace(rows: readonly Placed[]): number {
  return Math.min(LAST, Math.max(0, ...rows.map(placeOf)) + ROOM);
}

/** What lets a fallback be asked one place earlier (-1) or later (1); empty where it is at that end already. One step
 *  where there is room between the numbers: it happens or it does not. Else the two swap: a place is given once, so one
 *  of them has none for a moment. */
export function stepsToMove(rows: readonly Placed[], id: string, direction: -1 | 1): Step[] {
  const order = fallbacksOf(rows);
  const at = order.findIndex((row) => row.id === id);
  // to go later is to let the next one go earlier
  const upper = direction === -1 ? at - 1 : at;
  const [first, second] = [order[upper], order[upper + 1]];
  if (at < 0 || upper < 0 || !first || !second) return [];
  const taken = new Set(rows.map(placeOf));
  const before = freeBetween(taken, placeOf(order[upper - 1]), placeOf(first));
  if (before !== undefined) return [{ id: second.id, fallback_order: before }];
  const after = freeBetween(taken, placeOf(second), placeOf(order[upper + 2], LAST + 1));
  if (after !== undefined) return [{ id: first.id, fallback_order: after }];
  return [
    { id: first.id, fallback_order: null },
    { id: second.id, fallback_order: placeOf(first) },
    { id: first.id, fallback_order: placeOf(second) },
  ];
}

function placeOf(row: Placed | undefined, without = 0): number {
  return row?.fallback_order ?? without;
}

/** A place in the middle of those that are free between two. */
function freeBetween(taken: ReadonlySet<number>, low: number, high: number): number | undefined {
  const free: number[] = [];
  for (let place = low + 1; place < high; place++) if (!taken.has(place)) free.push(place);
  return free[Math.floor(free.length / 2)];
}
