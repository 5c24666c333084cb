import type { ProblemDocument } from "@/api/problem";
import type { Phase, LiveRun } from "../run/live-run";
import type { Source, Status, StoredMessage } from "../run/events";

/** One answer as it is shown, whether it is stored or comes just now. */
export interface Answer {
  /** Null until the API has said it. */
  id: string | null;
  text: string;
  /** While it comes; null once it is stored. */
  phase: Phase | null;
  status: Status;
  sources: readonly Source[];
  supported: boolean | null;
  unsupported: readonly string[];
  problem: Pick<ProblemDocument, "detail" | "code" | "correlation_id"> | null;
  correlationId: string | null;
  error: unknown;
  stored: StoredMessage | null;
}

/** A question with all answers that were given to it, oldest first. */
export interface Exchange {
  key: string;
  questionId: string | null;
  question: string;
  answers: Answer[];
}

/** What is stored, with what comes just now in its place. */
export function exchangesOf(messages: readonly StoredMessage[], live: LiveRun | undefined): Exchange[] {
  const exchanges: Exchange[] = [];
  const byQuestion = new Map<string, Exchange>();
  for (const message of messages) {
    if (message.role === "user") {
      const exchange = { key: `${exchanges.length}`, questionId: message.id, question: message.content, answers: [] };
      exchanges.push(exchange);
      byQuestion.set(message.id, exchange);
    } else if (message.role === "assistant") {
      const exchange = (message.reply_to && byQuestion.get(message.reply_to)) || exchanges.at(-1);
      exchange?.answers.push(storedAnswer(message));
    }
  }
  if (live) place(exchanges, live);
  return exchanges;
}

function place(exchanges: Exchange[], live: LiveRun): void {
  const answer = liveAnswer(live);
  for (const exchange of exchanges) {
    const at = exchange.answers.findIndex((each) => each.id !== null && each.id === live.messageId);
    const known = exchange.answers[at];
    if (known) {
      // once it is stored, that is what counts
      exchange.answers[at] = isOver(known.status) ? { ...known, correlationId: live.correlationId } : answer;
      return;
    }
  }
  const asked =
    exchanges.find((each) => each.questionId !== null && each.questionId === live.userMessageId) ??
    exchanges.find((each) => live.replaces !== null && each.answers.some((one) => one.id === live.replaces)) ??
    (live.question === null ? exchanges.at(-1) : undefined);
  if (asked) asked.answers.push(answer);
  else if (live.question !== null) {
    exchanges.push({
      key: `${exchanges.length}`,
      questionId: live.userMessageId,
      question: live.question,
      answers: [answer],
    });
  }
}

export function isOver(status: Status): boolean {
  return status !== "streaming" && status !== "waiting";
}

function storedAnswer(message: StoredMessage): Answer {
  return {
    id: message.id,
    text: message.content,
    phase: null,
    status: message.status,
    sources: message.sources,
    supported: message.supported,
    unsupported: message.unsupported,
    problem: message.error,
    correlationId: message.error?.correlation_id ?? null,
    error: null,
    stored: message,
  };
}

function liveAnswer(live: LiveRun): Answer {
  return {
    id: live.messageId,
    text: live.text,
    phase: live.phase === "ended" ? null : live.phase,
    status: live.done?.status ?? "streaming",
    sources: live.sources,
    supported: live.done?.supported ?? null,
    unsupported: live.done?.unsupported ?? NONE,
    problem: live.problem,
    correlationId: live.correlationId,
    error: live.error,
    stored: null,
  };
}

const NONE: readonly string[] = [];
