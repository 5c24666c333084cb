"use client";

import { useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { answerMessages } from "./messages";
import type { Source } from "../run/events";

interface SourceListProps {
  sources: readonly Source[];
  openNumber: number | null;
  open: (n: number) => void;
}

/** What an answer rests on, in the order of its citations. */
export function SourceList({ sources, openNumber, open }: SourceListProps) {
  const t = useMessages(answerMessages);
  return (
    <ol className="flex flex-col gap-1">
      {sources.map((source) => (
        <li key={source.n}>
          <button
            type="button"
            onClick={() => open(source.n)}
            aria-pressed={openNumber === source.n}
            className={classes(
              "flex w-full items-baseline gap-2 rounded border border-line px-3 py-1.5 text-left text-sm hover:bg-hover",
              openNumber === source.n && "border-accent",
            )}
          >
            <span className="font-semibold text-accent-text tabular-nums">{source.n}</span>
            <span className="min-w-0 flex-1 truncate">{source.file_name}</span>
            <span className="shrink-0 text-xs text-muted">
              {source.page !== null ? t.page(source.page) : source.section}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
