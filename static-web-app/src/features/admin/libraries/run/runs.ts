import type { components } from "@/api/schema";

export type SyncRun = components["schemas"]["SyncRunView"];

export const RUN_STATES = ["queued", "running", "complete", "failed", "needs_confirmation", "stopped"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** The line of numbers of a run, in the order it is read. */
export const COUNTS = ["seen", "added", "changed", "moved", "deleted", "skipped", "failed"] as const;
export type Count = (typeof COUNTS)[number];

export function isUnderWay(run: Pick<SyncRun, "status">): boolean {
  return run.status === "queued" || run.status === "running";
}

/** A run's reasons, most frequent first. */
export function reasonsOf(run: Pick<SyncRun, "reasons">): [code: string, files: number][] {
  return Object.entries(run.reasons).sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
}

/** The later of two states of one run. A stream and a list may tell of it in any order: no count goes back. */
export function laterOf(a: SyncRun, b: SyncRun): SyncRun {
  if (isUnderWay(a) !== isUnderWay(b)) return isUnderWay(a) ? b : a;
  return b.duration_s >= a.duration_s ? b : a;
}
