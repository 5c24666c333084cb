/** One file to the API with its progress, which fetch does not tell for what is sent. */
import { addressOf } from "@/api/client";
import { appConfig } from "@/api/config";
import { offline, problemOf } from "@/api/problem";
import { refreshSession, useSession } from "@/api/session";
import type { StoredFile } from "../queries";

interface Sending {
  sessionId: string;
  file: File;
  /** Bytes that have left, of the file. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
}

/** Throws ApiError for what the API refuses, as `api` does, with one refresh for a 401; an abort stays an AbortError. */
export async function sendFile(sending: Sending): Promise<StoredFile> {
  const session = useSession.getState();
  const token = session.phase === "signed-in" ? session.accessToken : null;
  const { api } = await appConfig().catch((cause: unknown) => Promise.reject(offline(cause)));
  const address =
    api + addressOf("/notebook/sessions/{session_id}/upload", { path: { session_id: sending.sessionId } });
  let reply = await once(address, token, sending);
  if (reply.status === 401 && token !== null) {
    const now = useSession.getState();
    const renewed = now.phase === "signed-in" && now.accessToken !== token ? now.accessToken : await refreshSession();
    if (renewed !== null) reply = await once(address, renewed, sending);
  }
  if (!reply.ok) throw await problemOf(reply);
  return (await reply.json()) as StoredFile;
}

function once(address: string, token: string | null, { file, onProgress, signal }: Sending): Promise<Response> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(new DOMException("The upload was taken back.", "AbortError"));
    if (signal.aborted) {
      aborted();
      return;
    }
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort);
    // the form around the file is a little longer than the file
    request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, file.size));
    request.onload = () => resolve(replyOf(request));
    request.onerror = () => reject(offline(new TypeError("The upload did not get through.")));
    request.onabort = aborted;
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.open("POST", address);
    if (token !== null) request.setRequestHeader("Authorization", `Bearer ${token}`);
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

function replyOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const name of ["Content-Type", "Retry-After", "X-Correlation-Id"]) {
    const value = request.getResponseHeader(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(request.responseText, { status: request.status, headers });
}
