"use client";

import { useMessages } from "@/i18n/messages";
import { Badge } from "@/ui/states";
import { notebookMessages } from "../messages";
import { SOON_S, useSpan } from "../time-left";

/** What `useSecondsLeft` says, in a word or two. */
export function TimeLeft({ left }: { left: number | null }) {
  const t = useMessages(notebookMessages);
  const span = useSpan(left ?? 0);
  if (left === null) return <Badge tone="accent">{t.pinned}</Badge>;
  return <Badge tone={left < SOON_S ? "warning" : "neutral"}>{t.left(span)}</Badge>;
}
