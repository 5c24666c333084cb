import type { components } from "./schema";

export type ProblemDocument = components["schemas"]["Problem"];

/** What the API said went wrong (RFC 9457), or what the browser found on the way there. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    /** For programs; `offline` when no answer came at all. */
    readonly code: string,
    /** For people, one sentence. */
    readonly detail: string,
    readonly correlationId: string | null,
    readonly title = "",
    readonly retryAfterS: number | null = null,
    readonly fields: readonly { pointer: string; detail: string }[] = [],
  ) {
    super(`${status} ${code}: ${detail}`);
  }

  /** Nothing was reached: trying again may help, and nothing is known about what happened over there. */
  get isOffline(): boolean {
    return this.code === "offline";
  }

  /** The sentence of one field of a form, such as `/title`. */
  fieldError(pointer: string): string | undefined {
    return this.fields.find((field) => field.pointer === pointer)?.detail;
  }
}

export function offline(cause: unknown): ApiError {
  const error = new ApiError(0, "offline", "", null);
  error.cause = cause;
  return error;
}

export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Reads a reply that is not a success; one that is no problem document (a proxy's page, say) becomes one. */
export async function problemOf(reply: Response): Promise<ApiError> {
  const correlationId = reply.headers.get("X-Correlation-Id");
  const retryAfter = Number(reply.headers.get("Retry-After"));
  let said: Partial<ProblemDocument> = {};
  if (reply.headers.get("Content-Type")?.includes("json")) {
    said = await (reply.json() as Promise<Partial<ProblemDocument>>).catch(() => ({}));
  }
  return new ApiError(
    reply.status,
    said.code ?? "unreadable_reply",
    said.detail ?? "",
    said.correlation_id ?? correlationId,
    said.title ?? "",
    retryAfter > 0 ? retryAfter : null,
    said.errors ?? [],
  );
}
