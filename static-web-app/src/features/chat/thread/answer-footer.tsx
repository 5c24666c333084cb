"use client";

import { Check, ChevronRight, Copy, Ellipsis, RotateCcw, ThumbsDown, ThumbsUp } from "lucide-react";
import dynamic from "next/dynamic";
import { useState, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Menu } from "@/ui/menu";
import { notify } from "@/ui/toast";
import type { Answer } from "./exchange";
import { useFeedback, type Rating } from "./feedback";
import { answerMessages } from "./messages";
import { SourceList } from "./source-list";
import type { ThreadActions } from "./thread";

const AnswerDetails = dynamic(() => import("./answer-details").then((module) => module.AnswerDetails));
const FeedbackDialog = dynamic(() => import("./feedback-dialog").then((module) => module.FeedbackDialog));

interface FooterProps {
  answer: Answer;
  id: string;
  text: string;
  openNumber: number | null;
  versions: ReactNode;
  actions: ThreadActions;
  regenerate: (() => void) | undefined;
}

/** Below an answer: what it rests on, and what one may do with it. Quiet until somebody comes near. */
export function AnswerFooter({ answer, id, text, openNumber, versions, actions, regenerate }: FooterProps) {
  const t = useMessages(answerMessages);
  const shell = useMessages(shellMessages);
  const [listed, setListed] = useState(false);
  const [copied, setCopied] = useState(false);
  const [commented, setCommented] = useState<Rating | null>(null);
  const giveFeedback = useFeedback();
  const rating = answer.stored?.feedback?.rating ?? null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  const rate = async (given: Rating) => {
    try {
      await giveFeedback(id, given === rating ? null : given);
      if (given !== rating) setCommented(given);
    } catch (error) {
      notify(sentenceOf(error, shell), "danger");
    }
  };
  return (
    <footer className="flex flex-col gap-2">
      <div className="-ml-1.5 flex min-h-8 flex-wrap items-center gap-0.5">
        {answer.sources.length > 0 && (
          <button
            type="button"
            aria-expanded={listed}
            onClick={() => setListed(!listed)}
            className="mr-1 flex h-8 items-center gap-1 rounded px-1.5 text-sm text-muted hover:bg-hover hover:text-text"
          >
            <ChevronRight aria-hidden className={classes("size-4 transition-transform", listed && "rotate-90")} />
            {t.sources(answer.sources.length)}
          </button>
        )}
        <div className="flex items-center gap-0.5 transition-opacity lg:opacity-0 lg:group-focus-within/answer:opacity-100 lg:group-hover/answer:opacity-100 lg:group-data-[last]/exchange:opacity-100">
          <IconButton label={copied ? t.copied : t.copy} onClick={() => void copy()}>
            {copied ? <Check /> : <Copy />}
          </IconButton>
          <IconButton label={t.good} aria-pressed={rating === "positive"} onClick={() => void rate("positive")}>
            <ThumbsUp />
          </IconButton>
          <IconButton label={t.bad} aria-pressed={rating === "negative"} onClick={() => void rate("negative")}>
            <ThumbsDown />
          </IconButton>
          {regenerate && (
            <IconButton label={t.regenerate} onClick={regenerate}>
              <RotateCcw />
            </IconButton>
          )}
          <Menu
            align="start"
            trigger={
              <IconButton label={t.details}>
                <Ellipsis />
              </IconButton>
            }
          >
            <AnswerDetails answer={answer} />
          </Menu>
          {versions}
        </div>
      </div>
      {listed && (
        <SourceList sources={answer.sources} openNumber={openNumber} open={(n) => actions.openSource(id, n)} />
      )}
      {commented && (
        <FeedbackDialog
          rating={commented}
          close={() => setCommented(null)}
          send={(comment) => giveFeedback(id, commented, comment)}
        />
      )}
    </footer>
  );
}
