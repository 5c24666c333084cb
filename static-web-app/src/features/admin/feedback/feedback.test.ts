import { describe, expect, it } from "vitest";
import { caseOf, type CaseDraft } from "./case-draft";
import { feedbackQueryOf, nextStatus } from "./queries";

const draft: CaseDraft = { verdict: "wrong", documentId: "d1", page: " 7 ", note: " ", question: "" };

describe("caseOf", () => {
  it("names the document and the page where there is an answer", () => {
    expect(caseOf(draft)).toEqual({
      verdict: "wrong",
      note: null,
      question: null,
      expected: { document_id: "d1", page: 7 },
    });
    expect(caseOf({ ...draft, page: "" })?.expected).toEqual({ document_id: "d1", page: null });
  });
  it("names none where there is no answer, whatever was chosen before", () => {
    expect(caseOf({ ...draft, verdict: "unanswerable", page: "x" })).toEqual({
      verdict: "unanswerable",
      note: null,
      question: null,
    });
  });
  it("waits for what is missing", () => {
    expect(caseOf({ ...draft, documentId: "" })).toBeUndefined();
    for (const page of ["0", "-1", "1.5", "seven", "1234567"]) expect(caseOf({ ...draft, page }), page).toBeUndefined();
  });
});

describe("the queue", () => {
  it("goes one step at a time, and ends", () => {
    expect(nextStatus("pending")).toBe("reviewed");
    expect(nextStatus("reviewed")).toBe("resolved");
    expect(nextStatus("resolved")).toBeUndefined();
  });
  it("does not ask what the API does not know", () => {
    const asked = feedbackQueryOf({ q: "", status: "open", rating: "negative", mode: "x", from: "soon", to: "" });
    expect(asked).toEqual({ rating: "negative" });
  });
});
