"use client";

import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { Badge } from "@/ui/states";
import { useScopeWords } from "../scope/scope";
import { adminMessages } from "../shell/messages";
import { formatMilliseconds } from "../table/milliseconds";
import { feedbackMessages } from "./messages";
import type { Exchange } from "./queries";

/** Beside the exchange: who, when, by which model, and what it took. */
export function ExchangeFacts({ exchange }: { exchange: Exchange }) {
  const t = useMessages(feedbackMessages);
  const admin = useMessages(adminMessages);
  const language = useLanguage();
  const scopeOf = useScopeWords(admin, admin.belongsNowhere);
  const number = (value: number) => formatNumber(language, value);
  const { reviewed_by: reviewer, reviewed_at: reviewedAt } = exchange;
  const facts: [name: string, value: string | null][] = [
    [t.givenBy, `${exchange.given_by.display_name} (${scopeOf(exchange.given_by)})`],
    [t.when, formatTime(language, exchange.created_at)],
    [t.mode, admin.mode[exchange.mode]],
    [t.exchange.model, [exchange.provider, exchange.model].filter(Boolean).join(" / ") || null],
    [t.exchange.asked, exchange.asked_at && formatTime(language, exchange.asked_at)],
    [t.exchange.answered, formatTime(language, exchange.answered_at)],
    [
      t.exchange.firstWord,
      exchange.first_token_ms === null ? null : formatMilliseconds(language, exchange.first_token_ms),
    ],
    [t.exchange.wholeAnswer, exchange.latency_ms === null ? null : formatMilliseconds(language, exchange.latency_ms)],
    [t.exchange.tokens, t.exchange.tokensOf(number(exchange.input_tokens), number(exchange.output_tokens))],
    [
      t.exchange.reviewer,
      reviewedAt && `${reviewer?.display_name || t.exchange.somebody}, ${formatTime(language, reviewedAt)}`,
    ],
  ];
  return (
    <aside aria-label={t.exchange.facts} className="flex flex-col gap-3 text-sm">
      <h2 className="text-base font-semibold">{t.exchange.facts}</h2>
      <dl className="grid gap-2 max-lg:sm:grid-cols-2">
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <div key={name}>
                <dt className="text-xs text-muted">{name}</dt>
                <dd className="wrap-anywhere tabular-nums">{value}</dd>
              </div>
            ),
        )}
      </dl>
      {exchange.eval_case_id && (
        <div>
          <Badge tone="accent">{t.isCase}</Badge>
        </div>
      )}
    </aside>
  );
}
