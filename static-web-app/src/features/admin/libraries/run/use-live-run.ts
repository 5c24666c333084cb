import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { send } from "@/api/client";
import { ApiError, isAborted } from "@/api/problem";
import { eventsOf } from "@/api/sse";
import { knowledgeChanged, runKey } from "../queries";
import { isUnderWay, laterOf, type SyncRun } from "./runs";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

interface LiveRun {
  run: SyncRun;
  /** The stream is lost and looked for again: what is shown may be old. */
  isLost: boolean;
}

/** A run as the API tells of it while it goes: by its events, over lost connections and the 15 minutes that a stream
 *  lasts. Once it has ended, everything that it may have changed is looked at anew. */
export function useLiveRun(listed: SyncRun): LiveRun {
  const queries = useQueryClient();
  const [isLost, setIsLost] = useState(false);
  const { data: told = listed } = useQuery<SyncRun>({ queryKey: runKey(listed.id), enabled: false });
  const run = laterOf(told, listed);
  const { id } = run;
  const follow = isUnderWay(run);
  useEffect(() => {
    if (!follow) return;
    const leaving = new AbortController();
    const tell = (newer: SyncRun) =>
      queries.setQueryData<SyncRun>(runKey(id), (known) => (known ? laterOf(known, newer) : newer));
    void followed(id, leaving.signal, tell, setIsLost).then((ended) => {
      if (ended) return knowledgeChanged(queries);
    });
    return () => leaving.abort();
  }, [id, follow, queries]);
  return { run, isLost: isLost && follow };
}

/** True once the run has ended; false when nobody looks any more, or the run is not to be seen. */
async function followed(
  id: string,
  signal: AbortSignal,
  tell: (run: SyncRun) => void,
  setIsLost: (isLost: boolean) => void,
): Promise<boolean> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    let waitMs = pauseMs;
    try {
      const reply = await send("get", "/admin/sync-runs/{run_id}/events", { path: { run_id: id }, signal });
      for await (const events of eventsOf(reply)) {
        const last = events.at(-1);
        if (!last) continue;
        const run = JSON.parse(last.data) as SyncRun;
        setIsLost(false);
        pauseMs = FIRST_PAUSE_MS;
        tell(run);
        if (!isUnderWay(run)) return true;
      }
      waitMs = FIRST_PAUSE_MS; // it had lasted as long as one may
    } catch (error) {
      if (isAborted(error)) return false;
      setIsLost(true);
      if (error instanceof ApiError) {
        if (error.status === 404 || error.status === 403) return false;
        waitMs = Math.max(pauseMs, (error.retryAfterS ?? 0) * 1_000);
      }
    }
    await paused(waitMs, signal);
  }
  return false;
}

function paused(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
