/** What a chart draws, as numbers. Values are in their own units, places are in pixels. */

export type Value = number | null;

const STEPS = [1, 2, 2.5, 5, 10];

/** Round numbers from 0 to the first that is not below `max`, three to six of them. */
export function ticksOf(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((each) => each * power >= rough) ?? 10) * power;
  const count = Math.ceil(max / step - 1e-9);
  // from the number, not from a sum: 0.1 + 0.2 is no tick
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

/** Runs of indices that have a value, both ends included: a line is broken where nothing is known. */
export function runsOf(values: readonly Value[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const open = runs.at(-1);
    if (open && open[1] === index - 1) open[1] = index;
    else runs.push([index, index]);
  });
  return runs;
}

/** Each series upon those before it; what is not known counts as nothing. */
export function stacked(series: readonly (readonly Value[])[]): number[][] {
  const tops: number[][] = [];
  for (const values of series) {
    const below = tops.at(-1);
    tops.push(values.map((value, index) => (value ?? 0) + (below?.[index] ?? 0)));
  }
  return tops;
}

export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  count: number;
  max: number;
}

/** Points lie at the ends, a single one in the middle. */
export function xOf({ left, right, count }: Frame, index: number): number {
  return count < 2 ? (left + right) / 2 : left + ((right - left) * index) / (count - 1);
}

export function yOf({ top, bottom, max }: Frame, value: number): number {
  return bottom - ((bottom - top) * value) / max;
}

/** The point that is nearest to a place. */
export function indexAt({ left, right, count }: Frame, x: number): number {
  const index = Math.round(((x - left) / Math.max(right - left, 1)) * (count - 1));
  return Math.min(Math.max(index, 0), count - 1);
}

export function linePath(frame: Frame, values: readonly Value[]): string {
  return runsOf(values)
    .map(([first, last]) => `M${points(frame, values.slice(first, last + 1) as number[], first).join("L")}`)
    .join("");
}

/** Between a line and the one below it. */
export function areaPath(frame: Frame, tops: readonly number[], bottoms: readonly number[]): string {
  return `M${[...points(frame, tops), ...points(frame, bottoms).reverse()].join("L")}Z`;
}

function points(frame: Frame, values: readonly number[], from = 0): string[] {
  return values.map((value, n) => `${xOf(frame, from + n).toFixed(1)},${yOf(frame, value).toFixed(1)}`);
}

/** Which days are named below a chart, so that their names have room: the last, and others as far from each other. */
export function namedIndices(count: number, room: number): number[] {
  const step = Math.max(Math.ceil((count - 1) / Math.max(room - 1, 1)), 1);
  const named: number[] = [];
  for (let index = count - 1; index >= 0; index -= step) named.unshift(index);
  return named;
}
