import type { components } from "@/api/schema";

export type NewEvalCase = components["schemas"]["NewEvalCase"];
export type Verdict = components["schemas"]["Verdict"];

export interface CaseDraft {
  verdict: Verdict;
  documentId: string;
  page: string;
  note: string;
  question: string;
}

/** What a form asks the API to make; undefined while something is missing or no page number. */
export function caseOf({ verdict, documentId, page, note, question }: CaseDraft): NewEvalCase | undefined {
  const said = { verdict, note: note.trim() || null, question: question.trim() || null };
  if (verdict === "unanswerable") return said;
  if (documentId === "" || !isPage(page)) return undefined;
  return { ...said, expected: { document_id: documentId, page: page.trim() === "" ? null : Number(page) } };
}

/** Nothing is a page, too: any place of the document will do. */
export function isPage(text: string): boolean {
  return /^\s*(?:[1-9]\d{0,5})?\s*$/.test(text);
}
