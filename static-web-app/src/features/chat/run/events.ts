/** A run's events (design 03, "Events of a run"), from the wire. */
import type { ServerEvent } from "@/api/sse";
import type { ProblemDocument } from "@/api/problem";
import type { components } from "@/api/schema";

export type Mode = components["schemas"]["Mode"];
export type Source = components["schemas"]["Source"];
export type StoredMessage = components["schemas"]["MessageView"];
export type Status = StoredMessage["status"];

export interface Done {
  message_id: string;
  status: Status;
  finish_reason: string | null;
  usage: { input_tokens: number; output_tokens: number };
  provider: string | null;
  model: string | null;
  sources: Source[];
  supported: boolean | null;
  unsupported?: string[];
}

interface Meta {
  run_id: string;
  conversation_id: string;
  user_message_id: string;
  message_id: string;
  mode: Mode;
  correlation_id: string;
}

type Said =
  | { kind: "meta"; meta: Meta }
  | { kind: "sources"; sources: Source[] }
  | { kind: "token"; token: string }
  | { kind: "title"; title: string }
  | { kind: "error"; problem: ProblemDocument }
  | { kind: "done"; done: Done };

/** `seq` counts from 1 within its run: what was seen already is known by it. */
export type RunEvent = Said & { runId: string; seq: number };

/** Undefined for what this version does not know, which is passed over. */
export function runEventOf({ event, data, id }: ServerEvent): RunEvent | undefined {
  const colon = id.lastIndexOf(":");
  const seq = Number(id.slice(colon + 1));
  const said = saidIn(event, data);
  return said && colon > 0 && seq > 0 ? { ...said, runId: id.slice(0, colon), seq } : undefined;
}

function saidIn(event: string, data: string): Said | undefined {
  const body = JSON.parse(data) as Record<string, unknown>;
  switch (event) {
    case "meta":
      return { kind: "meta", meta: body as unknown as Meta };
    case "sources":
      return { kind: "sources", sources: body.sources as Source[] };
    case "title":
      return { kind: "title", title: String(body.title) };
    case "error":
      return { kind: "error", problem: body as unknown as ProblemDocument };
    case "message":
      if (body.done === true) return { kind: "done", done: body as unknown as Done };
      return typeof body.token === "string" ? { kind: "token", token: body.token } : undefined;
    default:
      return undefined;
  }
}
