"use client";

import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { documentMessages } from "./messages";
import { STATUSES, type Summary } from "./queries";

interface StatusFilterProps {
  summary: Summary | undefined;
  /** The one that is chosen, "" for all; null where a press leads away instead. */
  status: string | null;
  onChange: (status: string) => void;
}

/** How many documents there are of each status; a press narrows the list to it. */
export function StatusFilter({ summary, status, onChange }: StatusFilterProps) {
  const t = useMessages(documentMessages);
  const language = useLanguage();
  const written = (count: number | undefined) => (count === undefined ? "…" : formatNumber(language, count));
  const choices = [
    { value: "", label: t.all, count: summary?.total },
    ...STATUSES.map((value) => ({ value, label: t.statusOf[value], count: summary?.by_status[value] })),
  ];
  return (
    <div role="group" aria-label={t.status} className="flex flex-wrap gap-1.5">
      {choices.map(({ value, label, count }) => (
        <button
          key={value}
          type="button"
          aria-pressed={status === null ? undefined : status === value}
          onClick={() => onChange(value)}
          className={classes(
            "inline-flex h-8 items-center gap-2 rounded border px-2.5 text-sm transition-colors",
            status === value
              ? "border-accent bg-accent-soft font-semibold text-accent-text"
              : "border-line hover:bg-hover",
          )}
        >
          {label}
          <span className={classes("tabular-nums", status !== value && "text-muted")}>{written(count)}</span>
        </button>
      ))}
    </div>
  );
}
