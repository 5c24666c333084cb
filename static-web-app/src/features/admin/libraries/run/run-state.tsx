"use client";

import { useMessages } from "@/i18n/messages";
import { Badge } from "@/ui/states";
import { runMessages } from "./messages";
import { RUN_STATES, type RunState, type SyncRun } from "./runs";

const TONES: Record<RunState, "neutral" | "accent" | "warning" | "danger"> = {
  queued: "accent",
  running: "accent",
  complete: "neutral",
  failed: "danger",
  needs_confirmation: "warning",
  stopped: "warning",
};

export function RunBadge({ run }: { run: SyncRun }) {
  const t = useMessages(runMessages);
  const state = RUN_STATES.find((known) => known === run.status);
  return <Badge tone={state ? TONES[state] : "neutral"}>{state ? t.state[state] : run.status}</Badge>;
}

/** "Changes, by the timer". */
export function useHow(): (run: SyncRun) => string {
  const t = useMessages(runMessages);
  return (run) => {
    const trigger = (t.trigger as Readonly<Record<string, string | undefined>>)[run.trigger] ?? run.trigger;
    return `${run.is_full ? t.full : t.changes}, ${trigger}`;
  };
}
