"use client";

import { ScrollText } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { DownloadButton } from "../table/download-button";
import { MoreButton } from "../table/more-button";
import { useFilters } from "../table/use-filters";
import { AuditFilterBar } from "./audit-filter-bar";
import { AuditTable } from "./audit-table";
import { auditMessages } from "./messages";
import { AUDIT_FILTERS, auditQueryOf, useAudit, useNamesOfStaff } from "./queries";

const NOTHING = { actor: "", action: "", target: "", from: "", to: "" };

/** `/admin/audit?actor=&action=&target=&from=&to=` */
export function AuditPage() {
  const t = useMessages(auditMessages);
  const [filters, change] = useFilters(AUDIT_FILTERS);
  const { data, error, refetch, ...more } = useAudit(filters);
  const { data: names = new Map<string, string>() } = useNamesOfStaff();
  const entries = data?.pages.flatMap((page) => page.items) ?? [];
  const isNarrowed = Object.values(filters).some(Boolean);
  const file = (format: "csv" | "jsonl", kind: string) => (
    <DownloadButton path="/admin/audit/export" query={{ ...auditQueryOf(filters), format }} kind={kind} of={t.title} />
  );
  return (
    <Page
      title={t.title}
      actions={
        <>
          {file("csv", t.csv)}
          {file("jsonl", t.lines)}
        </>
      }
    >
      <AuditFilterBar
        filters={filters}
        names={names}
        change={change}
        clear={isNarrowed ? () => change(NOTHING) : undefined}
      />
      <p className="text-xs text-muted">{t.exportNote}</p>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={9} />}
      {entries.length > 0 && <AuditTable entries={entries} names={names} narrow={change} />}
      {data && entries.length === 0 && (
        <EmptyState
          icon={<ScrollText />}
          title={t.none}
          action={isNarrowed && <Button onClick={() => change(NOTHING)}>{t.clearFilters}</Button>}
        />
      )}
      <MoreButton {...more} />
    </Page>
  );
}
