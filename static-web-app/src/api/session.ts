/** Who is signed in. The access token is in memory only; the refresh token is in a cookie that no script sees. */
import { create } from "zustand";
import { appConfig } from "./config";
import { isAborted, offline, problemOf } from "./problem";
import type { components } from "./schema";
import { shared } from "./shared";

export type User = components["schemas"]["UserView"];
export type Role = User["role"];

export type SessionState =
  | { phase: "starting" }
  | { phase: "signed-out"; expired: boolean }
  | { phase: "signed-in"; accessToken: string; user: User };

/** `signed-out` with `expired` when a session has ended while it was used. */
export const useSession = create<SessionState>(() => ({ phase: "starting" }));

// Whether asking for a session is worth a request. Not a secret: it says only that somebody has signed in here before.
const HINT = "nexus.signed-in";
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("nexus.session");
if (channel) {
  channel.onmessage = (message) => {
    if (message.data === "signed-out") useSession.setState({ phase: "signed-out", expired: false }, true);
    if (message.data === "signed-in" && useSession.getState().phase === "signed-out") void resumeSession();
  };
}

interface SessionReply {
  access_token: string;
  user: User;
}

export function sessionStarted(session: SessionReply): void {
  localStorage.setItem(HINT, "1");
  useSession.setState({ phase: "signed-in", accessToken: session.access_token, user: session.user }, true);
}

/** Called once when the app starts: goes on with the session of the cookie, if there is one. Throws ApiError when the
 *  API cannot be asked. */
export async function resumeSession(): Promise<void> {
  if (!localStorage.getItem(HINT)) {
    useSession.setState({ phase: "signed-out", expired: false }, true);
    return;
  }
  await refreshSession();
}

/** A new access token, one request for all who ask at once; null when the session has ended. Throws ApiError when the
 *  API cannot be asked: then nobody is signed out. */
export const refreshSession = shared(async (): Promise<string | null> => {
  const { api } = await appConfig().catch((cause: unknown) => Promise.reject(offline(cause)));
  const reply = await fetch(`${api}/auth/refresh`, {
    method: "POST",
    credentials: "include",
    // the API refuses what a form of a foreign page could post
    headers: { "Content-Type": "application/json" },
    body: "{}",
  }).catch((cause: unknown) => Promise.reject(isAborted(cause) ? (cause as Error) : offline(cause)));
  if (reply.ok) {
    const session = (await reply.json()) as SessionReply;
    sessionStarted(session);
    return session.access_token;
  }
  if (reply.status !== 401) throw await problemOf(reply);
  const before = useSession.getState().phase;
  localStorage.removeItem(HINT);
  useSession.setState({ phase: "signed-out", expired: before === "signed-in" }, true);
  return null;
});

/** Forgets the session in this tab and in the others; the API's part is the caller's. */
export function sessionEnded(): void {
  localStorage.removeItem(HINT);
  useSession.setState({ phase: "signed-out", expired: false }, true);
  channel?.postMessage("signed-out");
}

export function tellOtherTabs(): void {
  channel?.postMessage("signed-in");
}
