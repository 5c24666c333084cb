"use client";

import { useLanguage, useMessages } from "@/i18n/messages";
import { safeAddress } from "@/features/chat/markdown/addresses";
import { Badge } from "@/ui/states";
import { TextLink } from "../table/text-link";
import { feedbackMessages } from "./messages";
import type { Exchange, RetrievedSource } from "./queries";

/** Only a passage's beginning is kept: where it breaks off in a sentence, that is shown, without half a word. */
function wholeOrCut(snippet: string): string {
  return /[.!?:;|)\]"”“]$/.test(snippet.trimEnd()) ? snippet : `${snippet.replace(/\s+\S*$/, "")} …`;
}

/** What was retrieved, with the number each was cited under: its passage only for who may read the document. */
export function RetrievedSources({ exchange }: { exchange: Exchange }) {
  return (
    <ol className="flex flex-col gap-2">
      {exchange.sources.map((source, place) => (
        <li key={`${source.document_id} ${place}`}>
          <OneSource source={source} why={whyAddress(exchange, source)} />
        </li>
      ))}
    </ol>
  );
}

function OneSource({ source, why }: { source: RetrievedSource; why: string }) {
  const { exchange: t } = useMessages(feedbackMessages);
  const language = useLanguage();
  const address = safeAddress(source.url);
  const where = [
    source.page !== null && t.page(source.page),
    source.section,
    source.score !== null && t.score(source.score.toLocaleString(language, { maximumFractionDigits: 3 })),
  ];
  return (
    <article
      data-cited-as={source.cited_as ?? undefined}
      tabIndex={-1}
      className="flex flex-col gap-1.5 rounded border border-line bg-surface px-4 py-2.5 text-sm"
    >
      <div className="flex flex-wrap items-baseline gap-x-2">
        <h3 className="font-semibold wrap-anywhere">{source.title}</h3>
        {source.cited_as === null ? (
          <Badge>{t.notCited}</Badge>
        ) : (
          <Badge tone="accent">{t.cited(source.cited_as)}</Badge>
        )}
      </div>
      <p className="text-xs text-muted">{where.filter(Boolean).join(" · ")}</p>
      {source.is_readable ? (
        <blockquote className="border-l-2 border-line-strong pl-3 wrap-anywhere whitespace-pre-line">
          {source.snippet ? wholeOrCut(source.snippet) : <span className="text-muted">{t.noPassage}</span>}
        </blockquote>
      ) : (
        <p className="text-muted">{t.notReadable}</p>
      )}
      <p className="flex flex-wrap gap-x-4">
        {address && (
          <TextLink href={address} target="_blank" rel="noopener noreferrer" prefetch={false}>
            {t.open}
          </TextLink>
        )}
        <TextLink href={why} prefetch={false}>
          {t.why}
        </TextLink>
      </p>
    </article>
  );
}

/** "Why is it not found?", asked for this document, this person and this question. */
function whyAddress(exchange: Exchange, source: RetrievedSource): string {
  const asked = new URLSearchParams({ d: source.document_id, u: exchange.given_by.id });
  if (exchange.question) asked.set("q", exchange.question.slice(0, 400));
  return `/admin/documents/explain?${asked}`;
}
