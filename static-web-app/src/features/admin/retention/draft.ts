import type { components } from "@/api/schema";

export type Retention = components["schemas"]["RetentionSettings"];
export type Kind = keyof Retention;

export const KINDS: readonly Kind[] = ["messages_days", "feedback_days", "audit_days"];
export const LEAST: Record<Kind, number> = { messages_days: 1, feedback_days: 1, audit_days: 30 };
const MOST = 36_500;

/** What a form holds: a text while days are counted, null for ever. */
export type RetentionDraft = Record<Kind, string | null>;

export function draftOf(retention: Retention): RetentionDraft {
  const text = (days: number | null) => (days === null ? null : String(days));
  return {
    messages_days: text(retention.messages_days),
    feedback_days: text(retention.feedback_days),
    audit_days: text(retention.audit_days),
  };
}

export function isDays(kind: Kind, text: string): boolean {
  const days = /^\d{1,5}$/.test(text.trim()) ? Number(text) : NaN;
  return days >= LEAST[kind] && days <= MOST;
}

/** What is asked of the API; undefined while one of the texts is no number of days. */
export function retentionOf(draft: RetentionDraft): Retention | undefined {
  if (KINDS.some((kind) => draft[kind] !== null && !isDays(kind, draft[kind]))) return undefined;
  const days = (text: string | null) => (text === null ? null : Number(text));
  return {
    messages_days: days(draft.messages_days),
    feedback_days: days(draft.feedback_days),
    audit_days: days(draft.audit_days),
  };
}

/** Of what less is kept afterwards: that deletes, and is asked before. */
export function shortened(before: Retention, after: Retention): Kind[] {
  return KINDS.filter((kind) => (after[kind] ?? Infinity) < (before[kind] ?? Infinity));
}

export function isSame(before: Retention, after: Retention): boolean {
  return KINDS.every((kind) => before[kind] === after[kind]);
}
