import { describe, expect, it } from "vitest";
import { addressWith } from "./use-filters";

describe("addressWith", () => {
  it("keeps what is not changed, and takes away what is empty", () => {
    expect(addressWith("/admin/documents", "?status=failed&q=leave", { status: "", library: "7" })).toBe(
      "/admin/documents?q=leave&library=7",
    );
  });
  it("leaves no question mark behind", () => expect(addressWith("/admin", "?q=x", { q: undefined })).toBe("/admin"));
});
