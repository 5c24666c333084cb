import type { DiffLine } from "./queries";

export interface SideBySideRow {
  /** Null where only the newer text has a line. */
  old: DiffLine | null;
  new: DiffLine | null;
}

/** Lines that replace others stand beside them. `lines` come as the API has them: what was removed, then what was added
 *  in its place. */
export function sideBySide(lines: readonly DiffLine[]): SideBySideRow[] {
  const rows: SideBySideRow[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const close = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      rows.push({ old: removed[at] ?? null, new: added[at] ?? null });
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.change === "same") {
      close();
      rows.push({ old: line, new: line });
    } else if (line.change === "added") {
      added.push(line);
    } else {
      if (added.length > 0) close();
      removed.push(line);
    }
  }
  close();
  return rows;
}

export interface Part {
  text: string;
  changed: boolean;
}

/** Comparing costs the product of both lengths. */
const MOST_COMPARED = 1_000_000;
/** Lines that share less than this are better read as wholes. */
const LEAST_SHARED = 0.3;

/** Which words of two lines differ; null where they have too little in common. */
export function wordChanges(older: string, newer: string): { old: Part[]; new: Part[] } | null {
  const [a, b] = [wordsOf(older), wordsOf(newer)];
  if (a.length * b.length > MOST_COMPARED) return null;
  const kept = sharedWords(a, b);
  const shared = kept.old.reduce((length, at) => length + (a[at] ?? "").trim().length, 0);
  const longest = Math.max(older.replace(/\s/g, "").length, newer.replace(/\s/g, "").length);
  if (shared < longest * LEAST_SHARED) return null;
  return { old: partsOf(a, new Set(kept.old)), new: partsOf(b, new Set(kept.new)) };
}

/** Words with the space behind them, and signs apart from them. */
function wordsOf(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

/** The places of a longest common subsequence in both. */
function sharedWords(a: readonly string[], b: readonly string[]): { old: number[]; new: number[] } {
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const shared = { old: [] as number[], new: [] as number[] };
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      shared.old.push(i++);
      shared.new.push(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return shared;
}

function partsOf(words: readonly string[], kept: ReadonlySet<number>): Part[] {
  const parts: Part[] = [];
  words.forEach((text, at) => {
    const changed = !kept.has(at);
    const last = parts.at(-1);
    if (last?.changed === changed) last.text += text;
    else parts.push({ text, changed });
  });
  return parts;
}
