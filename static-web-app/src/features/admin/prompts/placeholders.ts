import type { Placeholder } from "./queries";

/** Braces around one word; doubled they stand for themselves. As shared/domain/prompt_placeholders.py reads them. */
const BRACED = /\{\{[\p{L}\p{N}_]+\}\}|\{([\p{L}\p{N}_]+)\}/gu;

export interface PlaceholderFaults {
  missing: string[];
  unknown: string[];
}

/** What the API would refuse in a prompt, told while it is written. */
export function faultsOf(text: string, placeholders: readonly Placeholder[]): PlaceholderFaults {
  const used = new Set([...text.matchAll(BRACED)].flatMap(([, name]) => name ?? []));
  return {
    missing: placeholders.filter(({ name, required }) => required && !used.has(name)).map(({ name }) => name),
    unknown: [...used].filter((name) => !placeholders.some((placeholder) => placeholder.name === name)).sort(),
  };
}
