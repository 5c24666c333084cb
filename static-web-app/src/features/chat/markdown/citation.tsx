"use client";

import type { ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { answerMessages } from "../thread/messages";
import { useAnswerSources } from "./answer-context";

/** `[2]` in an answer: opens the passage. */
export function Citation({ n }: { n: number | string }) {
  const t = useMessages(answerMessages);
  const { sources, open, openNumber } = useAnswerSources();
  const number = Number(n);
  const source = sources.find((each) => each.n === number);
  return (
    <button
      type="button"
      data-citation={number}
      data-tip={source?.file_name}
      aria-label={source ? t.citation(number, source.file_name) : t.sourceTitle(number)}
      aria-pressed={openNumber === number}
      disabled={!source}
      onClick={() => open(number)}
      className="citation"
    >
      {number}
    </button>
  );
}

/** A sentence that its passage does not bear out: dotted, and said on focus and to screen readers. */
export function NotBorneOut({ children }: { children?: ReactNode }) {
  const t = useMessages(answerMessages);
  return (
    <span tabIndex={0} data-tip={t.unsupported} className="not-borne-out">
      {children}
      <span className="sr-only"> ({t.unsupported})</span>
    </span>
  );
}
