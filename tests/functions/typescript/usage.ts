// What a page does with the generated client. Compiled, never run: a name or a type that the description loses, or one
// that it gets wrong, ends the build. Each @ts-expect-error is a mistake that the types must catch.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, operations, paths } from "./schema.js";

type Schemas = components["schemas"];
const api = createClient<paths>({ baseUrl: "https://api.corp.example" });

export async function signIn(code: string, verifier: string, nonce: string): Promise<Schemas["UserView"]> {
  const { data: config } = await api.GET("/api/auth/config");
  if (!config) throw new Error("no configuration");
  const { data, error } = await api.POST("/api/auth/login", {
    body: { code, code_verifier: verifier, nonce, redirect_uri: config.redirect_uri },
    credentials: "include",
  });
  if (error) throw new Error(`${error.code}: ${error.detail}`);
  const bearer: Middleware = {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${data.access_token}`);
      return request;
    },
  };
  api.use(bearer);
  return data.user;
}

// Pages, to the end.
export async function everyUser(): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await api.GET("/api/admin/users", { params: { query: { limit: 100, cursor } } });
    if (error) throw new Error(error.detail);
    names.push(...data.items.map((user) => `${user.display_name} (${user.department?.name ?? "everyone"})`));
    cursor = data.next_cursor ?? undefined;
  } while (cursor);
  return names;
}

// What a route may refuse with is known by status and code.
type Missing = operations["get_conversation"]["responses"][404]["content"]["application/problem+json"];
export const missing: Missing["code"] = "conversation_not_found";
// @ts-expect-error no conversation is refused with this
export const wrongly: Missing["code"] = "department_in_use";

// Asking for the run only, to open its stream later.
export async function askLater(id: string, content: string): Promise<string> {
  const { data } = await api.POST("/api/conversations/{conversation_id}/messages", {
    params: { path: { conversation_id: id }, header: { "Idempotency-Key": "question-1" } },
    body: { content },
    headers: { Accept: "application/json" },
  });
  if (typeof data !== "object") throw new Error("a stream came");
  return data.run_id;
}

// The stream's text is the client's to parse; what its events are, the description says.
export async function ask(id: string, content: string): Promise<ReadableStream<Uint8Array> | null> {
  const { data } = await api.POST("/api/conversations/{conversation_id}/messages", {
    params: { path: { conversation_id: id } },
    body: { content },
    parseAs: "stream",
  });
  return data ?? null;
}

type Told = { text: string; sources: readonly Schemas["Source"][]; done: boolean; problem: string | null };

// Exhaustive without a default: an event that is new to the description breaks the build here.
export function reduced(told: Told, event: Schemas["RunEvent"]): Told {
  switch (event.event) {
    case "meta":
    case "title":
      return told;
    case "sources":
      return { ...told, sources: event.data.sources };
    case "error":
      return { ...told, problem: event.data.detail };
    case "message":
      if ("token" in event.data) return { ...told, text: told.text + event.data.token };
      return { ...told, done: event.data.done, sources: event.data.sources };
  }
}

export async function upload(session: string, file: File): Promise<Schemas["FileView"]["status"]> {
  const { data, error } = await api.POST("/api/notebook/sessions/{session_id}/upload", {
    params: { path: { session_id: session } },
    body: { file: file as unknown as string },
    bodySerializer() {
      const form = new FormData();
      form.append("file", file);
      return form;
    },
  });
  if (error) throw new Error(error.code);
  return data.status;
}

export async function pause(id: string): Promise<boolean> {
  const { data } = await api.PATCH("/api/admin/libraries/{library_id}", {
    params: { path: { library_id: id } },
    body: { enabled: false, scope_rules: [{ path_prefix: "/HR", department_id: null, country_id: null }] },
  });
  return data?.relabelling ?? false;
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error there is no such route
  await api.GET("/api/conversation");
  // @ts-expect-error the mode is none of Nexus'
  await api.POST("/api/conversations", { body: { mode: "poetry" } });
  // @ts-expect-error a conversation has a title, and its new name is one
  await api.PATCH("/api/conversations/{conversation_id}", { params: { path: { conversation_id: "" } }, body: { name: "a" } });
  // @ts-expect-error the path needs an id
  await api.DELETE("/api/conversations/{conversation_id}", {});
  const { data } = await api.GET("/api/auth/me");
  // @ts-expect-error an e-mail address may be null
  data?.email.toLowerCase();
}
