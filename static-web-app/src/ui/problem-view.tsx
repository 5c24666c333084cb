"use client";

import { Check, Copy, TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { ApiError } from "@/api/problem";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "./button";

interface ProblemViewProps {
  error: unknown;
  retry?: (() => void) | undefined;
  /** Beside "try again". */
  action?: ReactNode;
}

/** What went wrong in one sentence, what to do, and the id that the logs know. */
export function ProblemView({ error, retry, action }: ProblemViewProps) {
  const t = useMessages(shellMessages);
  const correlationId = error instanceof ApiError ? error.correlationId : null;
  return (
    <div role="alert" className="flex flex-col gap-2 rounded border border-line bg-surface px-4 py-3 text-sm">
      <p className="flex items-start gap-2">
        <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
        <span>{sentenceOf(error, t)}</span>
      </p>
      <div className="flex flex-wrap items-center gap-2">
        {retry && (
          <Button size="small" onClick={retry}>
            {t.tryAgain}
          </Button>
        )}
        {action}
        {correlationId && <CorrelationId id={correlationId} />}
      </div>
    </div>
  );
}

export function CorrelationId({ id }: { id: string }) {
  const t = useMessages(shellMessages);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(id);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <button
      type="button"
      onClick={() => void copy()}
      className="inline-flex h-8 items-center gap-1.5 rounded px-2 font-mono text-xs text-muted hover:bg-hover hover:text-text"
      aria-label={`${t.copyCorrelationId}: ${id}`}
    >
      {copied ? <Check className="size-3.5" /> : <Copy className="size-3.5" />}
      {copied ? t.copied : id.slice(0, 12)}
    </button>
  );
}
