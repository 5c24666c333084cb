import type { Mode } from "../shell/modes";

/** Stands for the product's own prompt where a version's id would. */
export const OWN = "own";

interface Place {
  /** A version that is looked at, or OWN. */
  v?: string;
  /** What a new version is written from: a version, or OWN. */
  from?: string;
}

/** `/admin/prompts?mode=` lists the versions, `&v=` shows one, `&from=` is where a new one is written. */
export function promptsAddress(mode: Mode, place: Place = {}): string {
  return `/admin/prompts?${new URLSearchParams({ mode, ...place })}`;
}
