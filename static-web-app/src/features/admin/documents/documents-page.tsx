"use client";

import { Files } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import { Button, ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { MoreButton } from "../table/more-button";
import { useFilters } from "../table/use-filters";
import { CsvButton } from "./csv-button";
import { DocumentDialog } from "./document-dialog";
import { DocumentFilters } from "./document-filters";
import { DocumentTable } from "./document-table";
import { documentMessages } from "./messages";
import { useDocuments, useSummary } from "./queries";

const ADDRESS = ["library", "status", "reason", "q", "d"] as const;
const NOTHING = { library: "", status: "", reason: "", q: "" };

/** What is indexed, what is not, and why: `/admin/documents?library=…&status=failed&reason=…&q=…`, one of them with `d`. */
export function DocumentsPage() {
  const t = useMessages(documentMessages);
  const [{ d: openId, ...filter }, change] = useFilters(ADDRESS);
  const { data: summary } = useSummary(filter);
  const { data, error, refetch, ...more } = useDocuments(filter);
  const documents = data?.pages.flatMap((page) => page.items) ?? [];
  const isNarrowed = Object.values(filter).some(Boolean);
  return (
    <Page title={t.title} actions={documents.length > 0 && <CsvButton filter={filter} />}>
      <DocumentFilters filter={filter} summary={summary} onChange={change} />
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={9} />}
      {documents.length > 0 && <DocumentTable documents={documents} open={(id) => change({ d: id })} />}
      {data && documents.length === 0 && (
        <EmptyState
          icon={<Files />}
          title={isNarrowed ? t.none : t.noneAtAll}
          action={
            isNarrowed ? (
              <Button onClick={() => change(NOTHING)}>{t.clearFilters}</Button>
            ) : (
              <ButtonLink href="/admin/libraries">{t.toLibraries}</ButtonLink>
            )
          }
        >
          {!isNarrowed && t.noneAtAllText}
        </EmptyState>
      )}
      <MoreButton {...more} />
      {openId && <DocumentDialog key={openId} id={openId} close={() => change({ d: "" })} />}
    </Page>
  );
}
