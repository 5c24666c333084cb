"use client";

import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { Select } from "@/ui/field";
import { useLibraries } from "../libraries/queries";
import { SearchBox } from "../table/search-box";
import { documentMessages } from "./messages";
import type { DocumentFilter, Summary } from "./queries";
import { reasonMessages, reasonWords } from "./reasons";
import { StatusFilter } from "./status-filter";

interface DocumentFiltersProps {
  filter: DocumentFilter;
  summary: Summary | undefined;
  onChange: (change: Partial<DocumentFilter>) => void;
}

export function DocumentFilters({ filter, summary, onChange }: DocumentFiltersProps) {
  const t = useMessages(documentMessages);
  const { data: libraries = [] } = useLibraries();
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <SearchBox label={t.search} clear={t.clearSearch} value={filter.q} onValueChange={(q) => onChange({ q })} />
        <Select
          aria-label={t.library}
          className="sm:w-56"
          value={filter.library}
          onChange={(event) => onChange({ library: event.target.value })}
        >
          <option value="">{t.everyLibrary}</option>
          {libraries.map(({ id, name, library_url: url }) => (
            <option key={id} value={id}>
              {libraries.some((other) => other.id !== id && other.name === name) ? `${name} (${siteOf(url)})` : name}
            </option>
          ))}
        </Select>
        <ReasonSelect filter={filter} summary={summary} onChange={onChange} />
      </div>
      <StatusFilter summary={summary} status={filter.status} onChange={(status) => onChange({ status, reason: "" })} />
    </div>
  );
}

/** Libraries of different sites are often called the same: "Documents". */
function siteOf(url: string): string {
  const { hostname, pathname } = new URL(url);
  return /^\/(?:sites|teams)\/([^/]+)/.exec(pathname)?.[1] ?? hostname;
}

/** The reasons that there are, of the status that is looked at. */
function ReasonSelect({ filter, summary, onChange }: DocumentFiltersProps) {
  const t = useMessages(documentMessages);
  const words = useMessages(reasonMessages);
  const language = useLanguage();
  const counts = new Map<string, number>();
  for (const { status, reason_code: code, documents } of summary?.reasons ?? []) {
    if (code && (!filter.status || status === filter.status)) counts.set(code, (counts.get(code) ?? 0) + documents);
  }
  if (filter.reason && !counts.has(filter.reason)) counts.set(filter.reason, 0);
  return (
    <Select
      aria-label={t.reason}
      className="sm:w-64"
      value={filter.reason}
      disabled={counts.size === 0}
      onChange={(event) => onChange({ reason: event.target.value })}
    >
      <option value="">{t.everyReason}</option>
      {[...counts].map(([code, count]) => (
        <option key={code} value={code}>
          {reasonWords(words, code)} ({formatNumber(language, count)})
        </option>
      ))}
    </Select>
  );
}
