"use client";

import { MessageSquareWarning } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { MoreButton } from "../table/more-button";
import { addressWith, useFilters } from "../table/use-filters";
import { ExchangePage } from "./exchange-page";
import { FeedbackCsvButton } from "./feedback-csv-button";
import { FeedbackFilterBar } from "./feedback-filter-bar";
import { FeedbackTable } from "./feedback-table";
import { feedbackMessages } from "./messages";
import { FEEDBACK_FILTERS, useFeedback } from "./queries";

const NOTHING = { q: "", status: "", rating: "", mode: "", from: "", to: "" };

/** `/admin/feedback?status=&rating=&mode=&q=&from=&to=`; `&f=<id>` opens one on its exchange. */
export function FeedbackPage() {
  const search = useSearchParams();
  const id = search.get("f");
  if (!id) return <Queue />;
  return <ExchangePage key={id} id={id} back={addressWith("/admin/feedback", search.toString(), { f: "" })} />;
}

function Queue() {
  const t = useMessages(feedbackMessages);
  const [filters, change] = useFilters(FEEDBACK_FILTERS);
  const { data, error, refetch, ...more } = useFeedback(filters);
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  const isNarrowed = Object.values(filters).some(Boolean);
  return (
    <Page title={t.title} actions={items.length > 0 && <FeedbackCsvButton filters={filters} />}>
      <FeedbackFilterBar filters={filters} change={change} clear={isNarrowed ? () => change(NOTHING) : undefined} />
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={8} />}
      {items.length > 0 && <FeedbackTable items={items} />}
      {data && items.length === 0 && (
        <EmptyState
          icon={<MessageSquareWarning />}
          title={isNarrowed ? t.none : t.noneAtAll}
          action={isNarrowed && <Button onClick={() => change(NOTHING)}>{t.clearFilters}</Button>}
        >
          {!isNarrowed && t.noneAtAllText}
        </EmptyState>
      )}
      <MoreButton {...more} />
    </Page>
  );
}
