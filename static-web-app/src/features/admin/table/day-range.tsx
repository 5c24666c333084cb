"use client";

import { useMessages } from "@/i18n/messages";
import { Input } from "@/ui/field";
import { tableMessages } from "./messages";

interface DayRangeProps {
  from: string;
  to: string;
  onChange: (change: { from?: string; to?: string }) => void;
}

/** From one day to another, either of which may be open. */
export function DayRange({ from, to, onChange }: DayRangeProps) {
  const t = useMessages(tableMessages);
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm text-muted">
      <label className="flex items-center gap-2">
        {t.from}
        <Input
          type="date"
          className="w-auto"
          value={from}
          max={to || undefined}
          onChange={(event) => onChange({ from: event.target.value })}
        />
      </label>
      <label className="flex items-center gap-2">
        {t.to}
        <Input
          type="date"
          className="w-auto"
          value={to}
          min={from || undefined}
          onChange={(event) => onChange({ to: event.target.value })}
        />
      </label>
    </div>
  );
}
