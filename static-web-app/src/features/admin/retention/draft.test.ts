import { describe, expect, it } from "vitest";
import { draftOf, isDays, isSame, retentionOf, shortened } from "./draft";

const kept = { messages_days: 365, feedback_days: null, audit_days: 730 };

describe("retention", () => {
  it("comes out of the form as it went in", () => {
    expect(retentionOf(draftOf(kept))).toEqual(kept);
    expect(isSame(kept, { ...kept })).toBe(true);
    expect(isSame(kept, { ...kept, feedback_days: 1 })).toBe(false);
  });
  it("waits for a whole number of days, of the log thirty at least", () => {
    for (const text of ["", "0", "-1", "1.5", "36501", "ten", "1e3"])
      expect(isDays("messages_days", text), text).toBe(false);
    expect(isDays("messages_days", " 1 ")).toBe(true);
    expect(isDays("audit_days", "29")).toBe(false);
    expect(retentionOf({ ...draftOf(kept), audit_days: "29" })).toBeUndefined();
  });
  it("knows what deletes", () => {
    expect(shortened(kept, { messages_days: 364, feedback_days: 10, audit_days: null })).toEqual([
      "messages_days",
      "feedback_days",
    ]);
    expect(shortened(kept, { messages_days: null, feedback_days: null, audit_days: 730 })).toEqual([]);
  });
});
