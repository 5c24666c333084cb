"use client";

import { useMessages } from "@/i18n/messages";
import { answerMessages } from "./messages";
import type { Mode } from "../run/events";
import { Answers } from "./answer-view";
import type { Exchange } from "./exchange";
import type { ThreadActions } from "./thread";
import type { CitationAddress } from "./use-citation-in-address";

export { preloadMarkdown } from "../markdown/answer-text";

interface ExchangesProps {
  exchanges: readonly Exchange[];
  mode: Mode;
  citation: CitationAddress | null;
  actions: ThreadActions;
}

/** Questions and answers, one below the other. */
export function Exchanges({ exchanges, mode, citation, actions }: ExchangesProps) {
  const t = useMessages(answerMessages);
  return (
    <div aria-label={t.messages} role="log" aria-live="off" className="flex flex-col gap-8">
      {exchanges.map((exchange, index) => (
        <div
          key={exchange.key}
          data-last={index === exchanges.length - 1 || undefined}
          className="group/exchange flex flex-col gap-6"
        >
          <article
            id={exchange.questionId ? `m-${exchange.questionId}` : undefined}
            data-message
            tabIndex={-1}
            aria-label={t.you}
            className="flex scroll-mt-4 flex-col gap-1 self-end rounded-lg bg-page px-4 py-2.5 dark:bg-raised"
          >
            <p className="sr-only">{t.you}</p>
            <p className="break-words whitespace-pre-wrap">{exchange.question}</p>
          </article>
          <Answers
            exchange={exchange}
            mode={mode}
            isLast={index === exchanges.length - 1}
            open={citation}
            actions={actions}
          />
        </div>
      ))}
    </div>
  );
}
