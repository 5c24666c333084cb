"use client";

import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { adminMessages } from "../shell/messages";
import { MODES } from "../shell/modes";
import { DayRange } from "../table/day-range";
import { SearchBox } from "../table/search-box";
import { feedbackMessages } from "./messages";
import { RATINGS, STATUSES, type FeedbackFilters } from "./queries";

interface FilterBarProps {
  filters: FeedbackFilters;
  change: (change: Partial<FeedbackFilters>) => void;
  /** Left out while there is nothing to clear. */
  clear: (() => void) | undefined;
}

export function FeedbackFilterBar({ filters, change, clear }: FilterBarProps) {
  const t = useMessages(feedbackMessages);
  const admin = useMessages(adminMessages);
  return (
    <div className="flex flex-wrap items-center gap-2 max-sm:[&_select]:min-w-36 max-sm:[&_select]:flex-1 sm:[&_select]:w-auto [&_select]:max-w-full">
      <SearchBox label={t.search} clear={t.clearSearch} value={filters.q} onValueChange={(q) => change({ q })} />
      <Select
        aria-label={t.statusLabel}
        value={filters.status}
        onChange={(event) => change({ status: event.target.value })}
      >
        <option value="">{t.everyStatus}</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {t.status[status]}
          </option>
        ))}
      </Select>
      <Select
        aria-label={t.ratingLabel}
        value={filters.rating}
        onChange={(event) => change({ rating: event.target.value })}
      >
        <option value="">{t.everyRating}</option>
        {RATINGS.map((rating) => (
          <option key={rating} value={rating}>
            {t.rating[rating]}
          </option>
        ))}
      </Select>
      <Select aria-label={t.mode} value={filters.mode} onChange={(event) => change({ mode: event.target.value })}>
        <option value="">{t.everyMode}</option>
        {MODES.map((mode) => (
          <option key={mode} value={mode}>
            {admin.mode[mode]}
          </option>
        ))}
      </Select>
      <DayRange from={filters.from} to={filters.to} onChange={change} />
      {clear && (
        <Button look="quiet" onClick={clear}>
          {t.clearFilters}
        </Button>
      )}
    </div>
  );
}
