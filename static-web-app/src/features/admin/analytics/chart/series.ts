import type { Value } from "./geometry";

export interface Series {
  name: string;
  values: readonly Value[];
}

/** Of the first, second and third series. Told apart by their dashes, too: never by colour alone. */
export const LOOKS = [
  { stroke: "stroke-accent", fill: "fill-accent/45", dash: undefined },
  { stroke: "stroke-text", fill: "fill-text/15", dash: "6 4" },
  { stroke: "stroke-muted", fill: "fill-muted/15", dash: "2 3" },
] as const;

export function lookOf(index: number): (typeof LOOKS)[number] {
  return LOOKS[index % LOOKS.length] ?? LOOKS[0];
}
