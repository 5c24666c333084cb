"use client";

import { useMessages } from "@/i18n/messages";
import { Badge } from "@/ui/states";
import { documentMessages } from "./messages";
import type { Document, Status } from "./queries";
import { reasonMessages, reasonWords } from "./reasons";

const TONES: Record<Status, "neutral" | "accent" | "warning" | "danger"> = {
  indexed: "neutral",
  pending: "accent",
  skipped: "warning",
  failed: "danger",
  inactive: "neutral",
};

/** A document's status, and in a few words why it is not indexed. */
export function DocumentStatus({ document }: { document: Document }) {
  const t = useMessages(documentMessages);
  const reasons = useMessages(reasonMessages);
  return (
    <>
      <Badge tone={TONES[document.status]}>{t.statusOf[document.status]}</Badge>
      {document.reason_code && (
        <span className="block text-xs text-muted">{reasonWords(reasons, document.reason_code)}</span>
      )}
    </>
  );
}
