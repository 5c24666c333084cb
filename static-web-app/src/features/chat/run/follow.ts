/** Reads a run to its end, over as many connections as that takes. Knows nothing of React. */
import { send } from "@/api/client";
import { ApiError, isAborted } from "@/api/problem";
import { eventsOf } from "@/api/sse";
import { runEventOf, type RunEvent } from "./events";
import { reduce, type LiveRun } from "./live-run";

/** How a question is asked: notebooks have another address than conversations. */
export interface Question {
  path: string;
  parameters: Record<string, string>;
  body: { content?: string; regenerate?: string };
}

interface Following {
  run: LiveRun;
  /** Null for a run that exists already. */
  question: Question | null;
  signal: AbortSignal;
  /** Told of every change; often. */
  changed: (run: LiveRun) => void;
}

// 0.5 s, doubled, at most 8 s: a little more than a minute in all.
const TRIES = 12;
const LONGEST_WAIT_MS = 8_000;

/** Ends when the run has, when its stream cannot be found again (`lost`), or when it never began (`refused`). */
export async function follow({ run, question, signal, changed }: Following): Promise<LiveRun> {
  // the same key again brings the same question's answer, so that asking twice asks once
  const key = crypto.randomUUID();
  const set = (next: LiveRun) => {
    run = next;
    changed(run);
  };
  const givenUp = () => (run.runId === null && question !== null ? "refused" : "lost");
  for (let failures = 0; ;) {
    const before = run.seq;
    try {
      await read(await open(run, question, key, signal), (event) => set(reduce(run, event)));
      if (run.done !== null) return run;
    } catch (error) {
      if (isAborted(error) || signal.aborted) return run;
      if (error instanceof ApiError && !mayPass(error)) {
        set({ ...run, phase: givenUp(), error });
        return run;
      }
      set({ ...run, error });
    }
    failures = run.seq > before ? 1 : failures + 1;
    if (failures > TRIES) {
      set({ ...run, phase: givenUp() });
      return run;
    }
    if (run.runId !== null) set({ ...run, phase: "reconnecting" });
    if (!(await pause(Math.min(LONGEST_WAIT_MS, 250 * 2 ** failures), signal))) return run;
  }
}

function mayPass(error: ApiError): boolean {
  return error.isOffline || error.status === 502 || error.status === 503 || error.status === 504;
}

function open(run: LiveRun, question: Question | null, key: string, signal: AbortSignal): Promise<Response> {
  if (run.runId === null && question !== null) {
    return send("post", question.path, {
      path: question.parameters,
      body: question.body,
      headers: { Accept: "text/event-stream", "Idempotency-Key": key },
      signal,
    });
  }
  return send("get", "/chat/stream", {
    query: { conversation_id: run.conversationId },
    headers: run.runId === null ? {} : { "Last-Event-ID": `${run.runId}:${run.seq}` },
    signal,
  });
}

async function read(reply: Response, take: (event: RunEvent) => void): Promise<void> {
  for await (const events of eventsOf(reply)) {
    for (const event of events) {
      const said = runEventOf(event);
      if (said) take(said);
    }
  }
}

/** False when given up meanwhile. Comes back at once when the browser finds its network again. */
function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(end, milliseconds * (0.5 + Math.random() / 2));
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
