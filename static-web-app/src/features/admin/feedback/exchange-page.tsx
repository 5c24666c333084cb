"use client";

import { ArrowLeft } from "lucide-react";
import { ApiError } from "@/api/problem";
import { useMessages } from "@/i18n/messages";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { TextLink } from "../table/text-link";
import { ExchangeActions } from "./exchange-actions";
import { ExchangeFacts } from "./exchange-facts";
import { ExchangeSaid } from "./exchange-said";
import { RatingWords, StatusBadge } from "./feedback-table";
import { feedbackMessages } from "./messages";
import { useExchange, type Exchange } from "./queries";

/** One feedback with what it is about: question, answer, the sources as they were, and what becomes of it. */
export function ExchangePage({ id, back }: { id: string; back: string }) {
  const t = useMessages(feedbackMessages);
  const { data: exchange, error, refetch } = useExchange(id);
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <Page title={t.exchange.title}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <TextLink href={back} className="flex items-center gap-1.5 text-sm">
          <ArrowLeft aria-hidden className="size-4" />
          {t.backToQueue}
        </TextLink>
        {exchange && !isGone && <ExchangeActions exchange={exchange} />}
      </div>
      {isGone && <EmptyState title={t.gone} action={<ButtonLink href={back}>{t.backToQueue}</ButtonLink>} />}
      {error && !isGone && <ProblemView error={error} retry={() => void refetch()} />}
      {!exchange && !error && <Skeleton lines={9} />}
      {exchange && !isGone && (
        <>
          <Opinion exchange={exchange} />
          <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_17rem]">
            <ExchangeSaid exchange={exchange} />
            <ExchangeFacts exchange={exchange} />
          </div>
        </>
      )}
    </Page>
  );
}

/** What the person thought of it, before anything else. */
function Opinion({ exchange }: { exchange: Exchange }) {
  const t = useMessages(feedbackMessages);
  return (
    <section aria-label={t.ratingLabel} className="flex flex-col gap-1 rounded border border-line bg-surface px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <strong className="flex">
          <RatingWords rating={exchange.rating} />
        </strong>
        <span className="text-muted">{exchange.given_by.display_name}</span>
        <StatusBadge status={exchange.status} />
      </div>
      {exchange.comment ? (
        <blockquote className="wrap-anywhere whitespace-pre-wrap">{exchange.comment}</blockquote>
      ) : (
        <p className="text-sm text-muted">{t.exchange.noComment}</p>
      )}
    </section>
  );
}
