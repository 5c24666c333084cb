/** The one way to the API: typed by its OpenAPI, signed in, and with one kind of error (`ApiError`).
 *
 *      const page = await api.get("/conversations", { query: { limit: 50 } });
 *      await api.patch("/conversations/{conversation_id}", { path: { conversation_id: id }, body: { title } });
 */
import { appConfig } from "./config";
import { isAborted, offline, problemOf } from "./problem";
import type { paths } from "./schema";
import { refreshSession, useSession } from "./session";

type Method = "get" | "post" | "put" | "patch" | "delete";
type Short<P> = P extends `/api${infer Rest}` ? Rest : never;
type Operation<P extends string, M extends Method> = `/api${P}` extends keyof paths
  ? M extends keyof paths[`/api${P}`]
    ? paths[`/api${P}`][M]
    : never
  : never;

/** Paths, without `/api`, that have a method. */
export type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends object ? Short<P> : never;
}[keyof paths];

type PathOf<O> = O extends { parameters: { path: infer T extends object } } ? { path: T } : { path?: undefined };
/** null is left out of an address, as undefined and "" are. */
type Asked<T> = { [K in keyof T]: T[K] | null };
type QueryOf<O> = O extends { parameters: { query: infer T extends object } }
  ? { query: Asked<T> }
  : O extends { parameters: { query?: infer T } }
    ? { query?: Asked<T> }
    : { query?: undefined };
type BodyOf<O> = O extends { requestBody: { content: { "application/json": infer T } } }
  ? { body: T }
  : { body?: unknown };
type Success<R> = R extends { content: { "application/json": infer T } } ? T : never;
export type ReplyOf<P extends string, M extends Method> =
  Operation<P, M> extends { responses: infer R }
    ? 200 extends keyof R
      ? Success<R[200]>
      : 201 extends keyof R
        ? Success<R[201]>
        : 202 extends keyof R
          ? Success<R[202]>
          : undefined
    : never;
export type Sent<P extends string, M extends Method> = PathOf<Operation<P, M>> &
  QueryOf<Operation<P, M>> &
  BodyOf<Operation<P, M>> & { signal?: AbortSignal; headers?: Record<string, string> };
type Arguments<P extends string, M extends Method> =
  object extends Sent<P, M> ? [sent?: Sent<P, M>] : [sent: Sent<P, M>];

interface Untyped {
  path?: object | undefined;
  query?: object | undefined;
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** Sends a request signed in. A 401 is answered by one refresh, shared with all others, and one repeat. Throws ApiError
 *  for every reply that is not a success; an abort stays an AbortError. */
export async function send(method: string, path: string, sent: Untyped = {}): Promise<Response> {
  const session = useSession.getState();
  const token = session.phase === "signed-in" ? session.accessToken : null;
  let reply = await once(method, path, sent, token);
  if (reply.status === 401 && token !== null) {
    const now = useSession.getState();
    const renewed = now.phase === "signed-in" && now.accessToken !== token ? now.accessToken : await refreshSession();
    if (renewed !== null) reply = await once(method, path, sent, renewed);
  }
  if (!reply.ok) throw await problemOf(reply);
  return reply;
}

async function once(method: string, path: string, sent: Untyped, token: string | null): Promise<Response> {
  const headers = new Headers(sent.headers);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  // also without a body: the routes of the cookie refuse what a form could post
  if (method !== "get" && !(sent.body instanceof FormData)) headers.set("Content-Type", "application/json");
  try {
    const { api } = await appConfig();
    return await fetch(api + addressOf(path, sent), {
      method: method.toUpperCase(),
      headers,
      body: sent.body === undefined ? null : sent.body instanceof FormData ? sent.body : JSON.stringify(sent.body),
      // only the routes of the cookie need it
      credentials: path.startsWith("/auth/") ? "include" : "omit",
      signal: sent.signal ?? null,
    });
  } catch (error) {
    throw isAborted(error) ? error : offline(error);
  }
}

export function addressOf(path: string, { path: inPath = {}, query = {} }: Pick<Untyped, "path" | "query">): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((inPath as Record<string, unknown>)[name])),
  );
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") asked.set(name, String(value));
  }
  return asked.size > 0 ? `${filled}?${asked}` : filled;
}

function method<M extends Method>(name: M) {
  return async <P extends PathWith<M>>(path: P, ...[sent]: Arguments<P, M>): Promise<ReplyOf<P, M>> => {
    const reply = await send(name, path, sent);
    const isJson = reply.headers.get("Content-Type")?.includes("application/json");
    return (isJson ? await reply.json() : undefined) as ReplyOf<P, M>;
  };
}

export const api = {
  get: method("get"),
  post: method("post"),
  put: method("put"),
  patch: method("patch"),
  delete: method("delete"),
};
