import { describe, expect, it } from "vitest";
import { changeOf, type Rights } from "./change";
import { userFiltersOf } from "./filters";

const alice: Rights = { role: "user", department_id: "hr", country_id: "de", is_active: true };

describe("changeOf", () => {
  it("names nothing but what is different", () => {
    expect(changeOf(alice, alice)).toEqual({});
    expect(changeOf(alice, { ...alice, role: "content_manager" })).toEqual({ role: "content_manager" });
  });
  it("says null for what is taken away, and false for access", () => {
    expect(changeOf(alice, { ...alice, country_id: null, is_active: false })).toEqual({
      country_id: null,
      is_active: false,
    });
  });
});

describe("userFiltersOf", () => {
  const none = { q: "", role: "", department: "", country: "", active: "" };
  it("asks for everyone where the address says nothing", () => {
    expect(JSON.stringify(userFiltersOf(none))).toBe("{}");
  });
  it("tells without access from either", () => {
    expect(userFiltersOf({ ...none, active: "no" }).is_active).toBe(false);
    expect(userFiltersOf({ ...none, active: "yes" }).is_active).toBe(true);
  });
  it("does not ask for a role that there is not", () => {
    expect(userFiltersOf({ ...none, role: "king" }).role).toBeUndefined();
    expect(userFiltersOf({ ...none, role: "super_admin" }).role).toBe("super_admin");
  });
});
