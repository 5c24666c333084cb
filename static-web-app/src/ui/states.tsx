"use client";

import type { ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { classes } from "./classes";

/** Nothing here yet: why, and the one next step. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {icon && <span className="mb-1 text-muted [&_svg]:size-6">{icon}</span>}
      <h2 className="text-lg">{title}</h2>
      {children && <div className="text-sm text-muted">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** A thin line that moves: something is on its way. */
export function WorkingLine({ label }: { label?: string }) {
  const t = useMessages(shellMessages);
  return (
    <div
      role="progressbar"
      aria-label={label ?? t.loading}
      className="h-0.5 w-full overflow-hidden rounded-full bg-line"
    >
      <div className="h-full w-2/5 animate-working rounded-full bg-accent" />
    </div>
  );
}

/** The place of lines that are on their way. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  const t = useMessages(shellMessages);
  return (
    <div role="status" aria-label={t.loading} className="flex flex-col gap-3">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className={classes("h-4 rounded-sm bg-hover", line % 3 === 2 ? "w-3/5" : "w-full")} />
      ))}
    </div>
  );
}

const TONES = {
  neutral: "bg-hover text-text",
  accent: "bg-accent-soft text-accent-text",
  warning: "bg-warning-soft text-warning",
  danger: "bg-danger-soft text-danger",
};

/** A state in a word; the word says it, the colour helps. */
export function Badge({ tone = "neutral", children }: { tone?: keyof typeof TONES; children: ReactNode }) {
  return (
    <span
      className={classes(
        "inline-flex items-center gap-1 rounded-sm px-1.5 text-xs leading-5 font-semibold whitespace-nowrap",
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}

export function Key({ children }: { children: ReactNode }) {
  return <kbd className="rounded-sm border border-line bg-page px-1 font-mono text-xs text-muted">{children}</kbd>;
}
