/** Files on their way to the API, one list a session; they go on while another page is looked at. */
import { create } from "zustand";
import { ApiError, isAborted } from "@/api/problem";
import { useSession } from "@/api/session";
import type { StoredFile } from "../queries";
import type { Refusal } from "./admission";
import { sendFile } from "./transport";

/** `refused` before it was sent or by the API; `failed` on the way, so that trying again may help. */
export type UploadState =
  | { phase: "waiting" }
  | { phase: "sending"; sent: number }
  | { phase: "refused"; why: Refusal | ApiError }
  | { phase: "failed"; error: unknown };

export interface Upload {
  key: number;
  sessionId: string;
  name: string;
  size: number;
  state: UploadState;
}

interface Work {
  upload: Upload;
  file: File;
  stored: (file: StoredFile) => void;
  controller: AbortController;
}

export const useUploads = create<{ uploads: readonly Upload[] }>(() => ({ uploads: [] }));

// More at once would share the same line, and each file is read whole by a process of its own over there.
const AT_ONCE = 2;
const LONGEST_PAUSE_S = 120;

const work = new Map<number, Work>();
let last = 0;
let paused: ReturnType<typeof setTimeout> | undefined;

/** Queues a file; `stored` is told once the API has it. */
export function startUpload(sessionId: string, file: File, stored: (file: StoredFile) => void): void {
  const upload = added(sessionId, file, { phase: "waiting" });
  work.set(upload.key, { upload, file, stored, controller: new AbortController() });
  pump();
}

/** Shows why something is not sent at all. */
export function showRefused(sessionId: string, file: { name: string; size: number }, why: Refusal): void {
  added(sessionId, file, { phase: "refused", why });
}

export function retryUpload(key: number): void {
  if (!work.has(key)) return;
  show(key, { phase: "waiting" });
  pump();
}

/** Takes an upload back, or its line away. */
export function dropUpload(key: number): void {
  work.get(key)?.controller.abort();
  work.delete(key);
  useUploads.setState(({ uploads }) => ({ uploads: uploads.filter((upload) => upload.key !== key) }));
  pump();
}

export function dropUploads(sessionId?: string): void {
  for (const { key, sessionId: of } of useUploads.getState().uploads) {
    if (sessionId === undefined || of === sessionId) dropUpload(key);
  }
}

export function isOnItsWay({ state }: Upload): boolean {
  return state.phase === "waiting" || state.phase === "sending";
}

function added(sessionId: string, { name, size }: { name: string; size: number }, state: UploadState): Upload {
  const upload = { key: ++last, sessionId, name, size, state };
  useUploads.setState(({ uploads }) => ({ uploads: [...uploads, upload] }));
  return upload;
}

function show(key: number, state: UploadState): void {
  useUploads.setState(({ uploads }) => ({
    uploads: uploads.map((upload) => (upload.key === key ? { ...upload, state } : upload)),
  }));
}

function pump(): void {
  const { uploads } = useUploads.getState();
  warnBeforeLeaving(uploads.some(isOnItsWay));
  if (paused !== undefined) return;
  const free = AT_ONCE - uploads.filter((upload) => upload.state.phase === "sending").length;
  for (const { key } of uploads.filter((upload) => upload.state.phase === "waiting").slice(0, Math.max(0, free))) {
    const next = work.get(key);
    if (next) void send(next);
  }
}

async function send({ upload: { key, sessionId }, file, stored, controller }: Work): Promise<void> {
  const onProgress = (sent: number) => show(key, { phase: "sending", sent });
  onProgress(0);
  try {
    stored(await sendFile({ sessionId, file, onProgress, signal: controller.signal }));
    dropUpload(key);
  } catch (error) {
    if (!isAborted(error)) show(key, afterError(error));
    pump();
  }
}

function afterError(error: unknown): UploadState {
  if (!(error instanceof ApiError)) return { phase: "failed", error };
  // too many in a minute: all wait, then go on by themselves
  if (error.code === "rate_limited" && (error.retryAfterS ?? Infinity) <= LONGEST_PAUSE_S) {
    pause(error.retryAfterS ?? 1);
    return { phase: "waiting" };
  }
  const mayPass = error.isOffline || error.status >= 500 || error.status === 429;
  return mayPass ? { phase: "failed", error } : { phase: "refused", why: error };
}

function pause(seconds: number): void {
  clearTimeout(paused);
  paused = setTimeout(() => {
    paused = undefined;
    pump();
  }, seconds * 1_000);
}

const ask = (event: BeforeUnloadEvent) => event.preventDefault();

function warnBeforeLeaving(isBusy: boolean): void {
  if (typeof window === "undefined") return;
  if (isBusy) window.addEventListener("beforeunload", ask);
  else window.removeEventListener("beforeunload", ask);
}

// whose session ends leaves nothing behind
useSession.subscribe((session) => {
  if (session.phase === "signed-out") dropUploads();
});
