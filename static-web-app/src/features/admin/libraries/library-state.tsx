"use client";

import { useMessages } from "@/i18n/messages";
import { Badge } from "@/ui/states";
import { libraryMessages } from "./messages";
import type { Library } from "./queries";

type State = "idle" | "syncing" | "error" | "removing" | "paused";

/** A pause is a switch beside the status: it hides all but a removal. */
export function stateOf(library: Pick<Library, "status" | "enabled">): State {
  if (library.status === "removing") return "removing";
  if (!library.enabled) return "paused";
  return library.status === "syncing" || library.status === "error" ? library.status : "idle";
}

const TONES = { idle: "neutral", syncing: "accent", error: "danger", removing: "warning", paused: "warning" } as const;

export function LibraryState({ library }: { library: Library }) {
  const t = useMessages(libraryMessages);
  const state = stateOf(library);
  return (
    <span className="inline-flex flex-wrap gap-1">
      <Badge tone={TONES[state]}>{t.stateOf[state]}</Badge>
      {library.relabelling && <Badge tone="accent">{t.relabelling}</Badge>}
    </span>
  );
}
