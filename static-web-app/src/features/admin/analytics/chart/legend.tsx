import { useLanguage, useMessages } from "@/i18n/messages";
import { dayName } from "../days";
import { analyticsMessages } from "../messages";
import { lookOf, type Series } from "./series";

interface LegendProps {
  series: readonly Series[];
  /** The day that is pointed at, whose values are shown. */
  values: { day: string; index: number } | null;
  format: (value: number) => string;
}

/** What each line is; of a day that is pointed at also its value. Its height is the same either way. */
export function Legend({ series, values, format }: LegendProps) {
  const t = useMessages(analyticsMessages);
  const language = useLanguage();
  return (
    <p aria-hidden className="flex min-h-5 flex-wrap items-center gap-x-4 text-xs">
      {series.map(({ name, values: known }, n) => {
        const value = values && known[values.index];
        return (
          <span key={name} className="flex items-center gap-1.5">
            <svg width={18} height={10} className={lookOf(n).stroke}>
              <line x1={0} x2={18} y1={5} y2={5} strokeWidth={2} strokeDasharray={lookOf(n).dash} />
            </svg>
            {name}
            {values && <strong className="tabular-nums">{value == null ? t.notKnown : format(value)}</strong>}
          </span>
        );
      })}
      {values && <span className="ml-auto text-muted">{dayName(language, values.day)}</span>}
    </p>
  );
}
