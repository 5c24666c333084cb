import type { ProblemDocument } from "@/api/problem";
import type { Done, RunEvent, Source } from "./events";

/** `lost`: the connection is gone and was not found again; the answer goes on without us, and can be gone on with.
 *  `refused`: the question did not reach a run. */
export type Phase = "sending" | "searching" | "reading" | "writing" | "reconnecting" | "lost" | "refused" | "ended";

/** One answer while it comes: what the events said so far. */
export interface LiveRun {
  phase: Phase;
  /** What was asked; null where the question is stored already (an answer anew, or one that is come back to). */
  question: string | null;
  /** The answer that this one takes the place of. */
  replaces: string | null;
  runId: string | null;
  conversationId: string | null;
  userMessageId: string | null;
  messageId: string | null;
  correlationId: string | null;
  /** Of the last event that was taken. */
  seq: number;
  text: string;
  /** Candidates while it comes, the cited ones once it is done. */
  sources: Source[];
  title: string | null;
  problem: ProblemDocument | null;
  done: Done | null;
  /** Why the question was refused: an ApiError. */
  error: unknown;
  stopping: boolean;
}

export function newRun(start: Partial<LiveRun> = {}): LiveRun {
  return {
    phase: "sending",
    question: null,
    replaces: null,
    runId: null,
    conversationId: null,
    userMessageId: null,
    messageId: null,
    correlationId: null,
    seq: 0,
    text: "",
    sources: [],
    title: null,
    problem: null,
    done: null,
    error: null,
    stopping: false,
    ...start,
  };
}

/** What a run is after an event. Events seen before, and those of another run, change nothing: a stream that is come
 *  back to repeats no token. */
export function reduce(run: LiveRun, event: RunEvent): LiveRun {
  if (run.runId !== null && run.runId !== event.runId) return run;
  if (event.seq <= run.seq) return run;
  const next: LiveRun = { ...run, runId: event.runId, seq: event.seq };
  switch (event.kind) {
    case "meta":
      return {
        ...next,
        phase: event.meta.mode === "assistant" ? "writing" : "searching",
        conversationId: event.meta.conversation_id,
        userMessageId: event.meta.user_message_id,
        messageId: event.meta.message_id,
        correlationId: event.meta.correlation_id,
      };
    case "sources":
      return { ...next, phase: "reading", sources: event.sources };
    case "token":
      return { ...next, phase: "writing", text: run.text + event.token };
    case "title":
      return { ...next, title: event.title };
    case "error":
      return { ...next, problem: event.problem };
    case "done":
      return {
        ...next,
        phase: "ended",
        done: event.done,
        sources: event.done.sources,
        messageId: event.done.message_id,
      };
  }
}

export function isUnderWay(run: LiveRun | undefined): boolean {
  return run !== undefined && !["ended", "lost", "refused"].includes(run.phase);
}
