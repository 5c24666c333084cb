import type { ReactNode } from "react";
import { classes } from "@/ui/classes";

/** A line of numbers, the first thing that a report says. */
export function Figures({ figures }: { figures: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 rounded border border-line bg-surface px-4 py-3 sm:grid-cols-4">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt className="text-xs text-muted">{name}</dt>
          <dd className="text-lg tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface SectionProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

export function ReportSection({ title, actions, children }: SectionProps) {
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2 [&_select]:w-auto">
        <h2 className="flex-1 text-base font-semibold">{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** How much of the most, in parts from left to right; the number stands beside it. */
export function Bar({ parts, most }: { parts: readonly number[]; most: number }) {
  let left = 0;
  return (
    <svg
      aria-hidden
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      className="h-1.5 w-full min-w-20 rounded-full bg-hover"
    >
      {parts.map((part, n) => {
        const width = most > 0 ? (100 * part) / most : 0;
        const x = left;
        left += width;
        return (
          <rect key={n} x={x} width={width} height={4} className={classes("fill-accent", n > 0 && "opacity-45")} />
        );
      })}
    </svg>
  );
}
