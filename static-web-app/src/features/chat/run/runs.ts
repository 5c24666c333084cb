/** The answers that are coming in this tab, one a thread; they go on while another page is looked at. */
import { create } from "zustand";
import { send } from "@/api/client";
import { offline } from "@/api/problem";
import { useSession } from "@/api/session";
import type { Question } from "./follow";
import { isUnderWay, newRun, type LiveRun } from "./live-run";

/** Key: what a thread is known by before it has a conversation (a conversation's id, a notebook session's). */
export const useRuns = create<{ runs: Record<string, LiveRun> }>(() => ({ runs: {} }));

/** What reads streams comes with the first question, not with the page. */
export const loadFollow = () => import("./follow");

const followed = new Map<string, AbortController>();

function show(thread: string, run: LiveRun): void {
  useRuns.setState(({ runs }) => ({ runs: { ...runs, [thread]: run } }));
}

/** Tokens come faster than frames: what has come since the last frame is shown with the next one. */
function eachFrame(thread: string): (run: LiveRun) => void {
  let latest: LiveRun;
  let waiting = false;
  return (run) => {
    latest = run;
    if (waiting) return;
    waiting = true;
    const flush = () => {
      waiting = false;
      if (followed.has(thread))
        show(thread, { ...latest, stopping: useRuns.getState().runs[thread]?.stopping ?? false });
    };
    // a page in the background has no frames
    if (document.hidden) setTimeout(flush, 250);
    else requestAnimationFrame(flush);
  };
}

async function start(thread: string, run: LiveRun, question: Question | null): Promise<LiveRun> {
  followed.get(thread)?.abort();
  const controller = new AbortController();
  followed.set(thread, controller);
  show(thread, run);
  const ended = await loadFollow().then(
    ({ follow }) => follow({ run, question, signal: controller.signal, changed: eachFrame(thread) }),
    (cause: unknown): LiveRun => ({ ...run, phase: question === null ? "lost" : "refused", error: offline(cause) }),
  );
  if (followed.get(thread) === controller) {
    followed.delete(thread);
    show(thread, { ...ended, stopping: false });
  }
  return ended;
}

export function ask(thread: string, conversationId: string | null, question: Question): Promise<LiveRun> {
  const { content = null, regenerate = null } = question.body;
  return start(thread, newRun({ conversationId, question: content, replaces: regenerate }), question);
}

/** Goes on with the newest run of a conversation: after a reload from its start, after a loss where it was. */
export function resume(thread: string, conversationId: string, messageId: string | null = null): Promise<LiveRun> {
  const before = useRuns.getState().runs[thread];
  if (before?.phase === "lost") return start(thread, { ...before, phase: "reconnecting", error: null }, null);
  return start(thread, newRun({ conversationId, messageId, phase: "reconnecting" }), null);
}

/** Asks the server to stop; the stream then says how it ended. A question that is on its way is stopped once its run is
 *  known: letting go of the request would leave the run to go on unseen. One that did not get through is withdrawn. */
export async function stop(thread: string): Promise<void> {
  const run = useRuns.getState().runs[thread];
  if (!run || !isUnderWay(run)) return;
  if (run.runId === null && run.error !== null) {
    forget(thread);
    return;
  }
  show(thread, { ...run, stopping: true });
  const runId = await begun(thread);
  if (runId !== null) await send("post", "/chat/runs/{run_id}/cancel", { path: { run_id: runId } });
  else if (isUnderWay(useRuns.getState().runs[thread])) forget(thread);
}

/** The id of the thread's run once there is one; null when it ends, or did not get through, before. */
function begun(thread: string): Promise<string | null> {
  return new Promise((resolve) => {
    const look = () => {
      const run = useRuns.getState().runs[thread];
      const isOnItsWay = isUnderWay(run) && run?.runId === null && run.error === null;
      if (!isOnItsWay) resolve(isUnderWay(run) ? (run?.runId ?? null) : null);
      return isOnItsWay;
    };
    if (!look()) return;
    const leave = useRuns.subscribe(() => {
      if (!look()) leave();
    });
  });
}

export function forget(thread: string): void {
  followed.get(thread)?.abort();
  followed.delete(thread);
  useRuns.setState(({ runs: { [thread]: _, ...runs } }) => ({ runs }));
}

// whose session ends leaves nothing behind
useSession.subscribe((session) => {
  if (session.phase === "signed-out") Object.keys(useRuns.getState().runs).forEach(forget);
});
