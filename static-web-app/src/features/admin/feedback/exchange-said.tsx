"use client";

import { useMemo, useRef, useState } from "react";
import { AnswerSourcesContext } from "@/features/chat/markdown/answer-context";
import { AnswerText } from "@/features/chat/markdown/answer-text";
import { withoutSourcesBlock } from "@/features/chat/markdown/sources-block";
import { useMessages } from "@/i18n/messages";
import { feedbackMessages } from "./messages";
import type { Exchange } from "./queries";
import { RetrievedSources } from "./retrieved-sources";

/** What was said, as the person saw it: a citation leads to its source below. */
export function ExchangeSaid({ exchange }: { exchange: Exchange }) {
  const { exchange: t, ...all } = useMessages(feedbackMessages);
  const sources = useRef<HTMLDivElement>(null);
  const [openNumber, setOpenNumber] = useState<number | null>(null);
  const context = useMemo(
    () => ({
      sources: citedSources(exchange),
      openNumber,
      open: (n: number) => {
        setOpenNumber(n);
        sources.current?.querySelector<HTMLElement>(`[data-cited-as="${n}"]`)?.focus();
      },
    }),
    [exchange, openNumber],
  );
  if (exchange.is_private) return <p className="text-sm text-muted">{all.inNotebook}</p>;
  const cited = exchange.mode !== "assistant";
  const answer = cited ? withoutSourcesBlock(exchange.answer ?? "") : exchange.answer;
  return (
    <div className="flex min-w-0 flex-col gap-5">
      <Preceding exchange={exchange} />
      <section className="flex flex-col gap-1">
        <h2 className="text-sm font-semibold">{t.speaker.user}</h2>
        <p className="rounded bg-hover px-4 py-3 wrap-anywhere whitespace-pre-wrap">
          {exchange.question ?? all.noQuestion}
        </p>
      </section>
      <section className="flex flex-col gap-2">
        <h2 className="text-sm font-semibold">{t.speaker.assistant}</h2>
        {exchange.supported === false && <p className="text-sm font-semibold text-warning">{t.unsupported}</p>}
        {answer ? (
          <AnswerSourcesContext value={context}>
            <AnswerText text={answer} cited={cited} unsupported={exchange.unsupported} />
          </AnswerSourcesContext>
        ) : (
          <p className="text-sm text-muted">{t.noAnswer}</p>
        )}
        {exchange.answer_status !== "complete" && <p className="text-sm text-warning">{t.cutAnswer}</p>}
        {exchange.is_replaced && <p className="text-sm text-muted">{t.replaced}</p>}
      </section>
      {exchange.mode === "rag" && (
        <section ref={sources} className="flex flex-col gap-2">
          <h2 className="text-sm font-semibold">
            {exchange.sources.length > 0 ? t.sources(exchange.sources.length) : t.noSources}
          </h2>
          <RetrievedSources exchange={exchange} />
        </section>
      )}
    </div>
  );
}

/** As the chat's citations know them. */
function citedSources(exchange: Exchange) {
  return exchange.sources.flatMap((source) =>
    source.cited_as === null
      ? []
      : {
          n: source.cited_as,
          document_id: source.document_id,
          passage_id: `${source.cited_as}`,
          file_name: source.title,
          file_url: source.url,
          page: source.page,
          section: source.section,
          score: source.score ?? 0,
          snippet: source.snippet ?? "",
          quotes: [],
        },
  );
}

function Preceding({ exchange }: { exchange: Exchange }) {
  const { exchange: t } = useMessages(feedbackMessages);
  if (exchange.preceding.length === 0) return null;
  return (
    <details className="rounded border border-line px-4 py-2 text-sm">
      <summary className="text-muted">{t.before(exchange.preceding.length)}</summary>
      <ol className="flex flex-col gap-3 py-2">
        {exchange.preceding.map((said) => (
          <li key={`${said.created_at} ${said.role}`}>
            <p className="text-xs font-semibold text-muted">
              {said.role === "user" ? t.speaker.user : t.speaker.assistant}
            </p>
            <p className="wrap-anywhere whitespace-pre-wrap">{said.content}</p>
          </li>
        ))}
      </ol>
    </details>
  );
}
