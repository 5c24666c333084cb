"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { memo, useMemo, useState } from "react";
import { useMessages } from "@/i18n/messages";
import { IconButton } from "@/ui/button";
import { AnswerSourcesContext } from "../markdown/answer-context";
import { AnswerText } from "../markdown/answer-text";
import { withoutSourcesBlock } from "../markdown/sources-block";
import { chatMessages } from "../messages";
import { answerMessages } from "./messages";
import type { Mode } from "../run/events";
import { AnswerFooter } from "./answer-footer";
import { AnswerState } from "./answer-state";
import { isOver, type Answer, type Exchange } from "./exchange";
import type { ThreadActions } from "./thread";

interface AnswersProps {
  exchange: Exchange;
  mode: Mode;
  /** The newest exchange: only its answer can be given anew. */
  isLast: boolean;
  /** The citation that is open, if it is of this exchange: message id and number. */
  open: { messageId: string; n: number } | null;
  actions: ThreadActions;
}

/** The answer to a question; of several the newest, and a way to the earlier ones. */
export function Answers({ exchange, mode, isLast, open, actions }: AnswersProps) {
  const t = useMessages(answerMessages);
  const count = exchange.answers.length;
  const [chosen, setChosen] = useState<number | null>(null);
  // a new answer is what one wants to see
  const [seen, setSeen] = useState(count);
  if (seen !== count) {
    setSeen(count);
    setChosen(null);
  }
  const at = chosen ?? count - 1;
  const answer = exchange.answers[at];
  if (!answer) return null;
  const versions = count > 1 && (
    <span className="flex items-center text-xs text-muted tabular-nums">
      <IconButton label={t.earlier} disabled={at === 0} onClick={() => setChosen(at - 1)} className="size-7">
        <ChevronLeft />
      </IconButton>
      <span aria-label={t.version(at + 1, count)}>
        {at + 1}/{count}
      </span>
      <IconButton label={t.later} disabled={at === count - 1} onClick={() => setChosen(at + 1)} className="size-7">
        <ChevronRight />
      </IconButton>
    </span>
  );
  return (
    <OneAnswer
      answer={answer}
      mode={mode}
      canRegenerate={isLast && at === count - 1 && actions.regenerate !== undefined}
      openNumber={open !== null && open.messageId === answer.id ? open.n : null}
      versions={versions}
      actions={actions}
    />
  );
}

interface OneAnswerProps {
  answer: Answer;
  mode: Mode;
  canRegenerate: boolean;
  openNumber: number | null;
  versions: React.ReactNode;
  actions: ThreadActions;
}

const OneAnswer = memo(function OneAnswer(props: OneAnswerProps) {
  const { answer, mode, canRegenerate, openNumber, versions, actions } = props;
  const t = useMessages(answerMessages);
  const chat = useMessages(chatMessages);
  const done = answer.phase === null && isOver(answer.status);
  const cited = mode !== "assistant";
  const text = cited ? withoutSourcesBlock(answer.text) : answer.text;
  const { id, sources } = answer;
  const context = useMemo(
    () => ({ sources: done ? sources : [], open: (n: number) => id !== null && actions.openSource(id, n), openNumber }),
    [done, sources, id, openNumber, actions],
  );
  const isRefused = answer.phase === "refused";
  const retry = isRefused ? actions.askAgain : canRegenerate && id ? () => actions.regenerate?.(id) : undefined;
  return (
    <article
      id={id ? `m-${id}` : undefined}
      data-message
      tabIndex={-1}
      aria-label={`Nexus · ${chat.mode[mode]}`}
      className="group/answer flex scroll-mt-4 flex-col gap-2 rounded outline-offset-8"
    >
      <p className="text-sm">
        <span className="font-semibold">Nexus</span>
        <span className="text-muted"> · {chat.mode[mode]}</span>
      </p>
      {done && answer.supported === false && <p className="text-sm font-semibold text-warning">{t.notSupported}</p>}
      <AnswerSourcesContext value={context}>
        {text && <AnswerText text={text} cited={cited} unsupported={answer.unsupported} />}
      </AnswerSourcesContext>
      <AnswerState answer={answer} resume={actions.resume} retry={retry} />
      {done && id && (
        <AnswerFooter
          answer={answer}
          id={id}
          text={text}
          openNumber={openNumber}
          versions={versions}
          actions={actions}
          regenerate={canRegenerate ? () => actions.regenerate?.(id) : undefined}
        />
      )}
    </article>
  );
});
