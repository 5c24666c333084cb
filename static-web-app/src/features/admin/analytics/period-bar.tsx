"use client";

import { useMessages } from "@/i18n/messages";
import { Select } from "@/ui/field";
import { DayRange } from "../table/day-range";
import { lastDays, lengthOf, LENGTHS, today, type Period } from "./days";
import { analyticsMessages } from "./messages";
import { dayAfter } from "../table/days";

interface PeriodBarProps {
  period: Period;
  onChange: (period: Partial<Period>) => void;
}

/** The last days, or days of one's own. */
export function PeriodBar({ period, onChange }: PeriodBarProps) {
  const t = useMessages(analyticsMessages);
  const now = today();
  const length = lengthOf(period, now);
  // what is shown where the address says nothing: the last thirty days
  const shown = length === null ? period : { from: dayAfter(now, 1 - length), to: now };
  const choose = (text: string) => {
    const chosen = LENGTHS.find((each) => String(each) === text);
    if (chosen) onChange(lastDays(chosen, now));
  };
  return (
    <div className="flex flex-wrap items-center gap-2 [&_select]:w-auto">
      <Select aria-label={t.period} value={length ?? ""} onChange={(event) => choose(event.target.value)}>
        {LENGTHS.map((each) => (
          <option key={each} value={each}>
            {t.lastDays(each)}
          </option>
        ))}
        {length === null && <option value="">{t.ownPeriod}</option>}
      </Select>
      <DayRange {...shown} onChange={(change) => onChange({ ...shown, ...change })} />
      <span className="text-xs text-muted">{t.utc}</span>
    </div>
  );
}
