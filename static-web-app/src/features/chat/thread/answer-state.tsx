"use client";

import type { ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { problemSentence } from "@/i18n/problems";
import { Button } from "@/ui/button";
import { CorrelationId, ProblemView } from "@/ui/problem-view";
import { WorkingLine } from "@/ui/states";
import { answerMessages } from "./messages";
import type { Answer } from "./exchange";

interface StateProps {
  answer: Answer;
  /** Goes on with a stream that was lost. */
  resume: () => void;
  /** Asks again, where that is possible. */
  retry: (() => void) | undefined;
}

/** Where an answer is in its life, as far as its text does not say so itself. */
export function AnswerState({ answer, resume, retry }: StateProps) {
  const t = useMessages(answerMessages);
  const again = retry && (
    <Button size="small" onClick={retry}>
      {t.askAgain}
    </Button>
  );
  switch (answer.phase) {
    case "sending":
      return <Working label={t.waiting} />;
    case "searching":
      return <Working label={t.searching} />;
    case "reading":
      return <Working label={t.reading(answer.sources.length)} />;
    case "reconnecting":
      return <Working label={t.reconnecting} />;
    case "lost":
      return (
        <Ended text={t.lost}>
          <Button size="small" onClick={resume}>
            {t.continue}
          </Button>
        </Ended>
      );
    case "refused":
      return <ProblemView error={answer.error} retry={retry} />;
    case "writing":
      return answer.text ? null : <Working label={t.thinking} />;
    case null:
      break;
  }
  switch (answer.status) {
    case "cancelled":
      return <Ended text={t.stopped}>{again}</Ended>;
    case "interrupted":
      return <Ended text={t.interrupted}>{again}</Ended>;
    case "failed":
      return (
        <div role="alert">
          <Ended text={problemText(answer) ?? t.failed} isDanger>
            {again}
            {answer.correlationId && <CorrelationId id={answer.correlationId} />}
          </Ended>
        </div>
      );
    default:
      return null;
  }
}

function problemText({ problem }: Answer): string | undefined {
  return problem ? (problemSentence(problem.code) ?? problem.detail) : undefined;
}

function Working({ label }: { label: string }) {
  return (
    <div className="flex flex-col gap-2 py-1">
      <div className="w-40">
        <WorkingLine label={label} />
      </div>
      <p className="text-sm text-muted">{label}</p>
    </div>
  );
}

function Ended({ text, isDanger, children }: { text: string; isDanger?: boolean; children?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <p className={isDanger ? "text-danger" : "text-muted"}>{text}</p>
      {children}
    </div>
  );
}
