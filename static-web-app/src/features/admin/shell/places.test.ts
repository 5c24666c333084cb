import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ADMIN_PLACES, adminPlaceAt, adminPlacesOf } from "./places";

const app = resolve(import.meta.dirname, "../../../app");

describe("the menu of the administration", () => {
  it.each(ADMIN_PLACES.map(({ href }) => href))("leads to a page that exists: %s", (href) =>
    expect(existsSync(`${app}${href}/page.tsx`)).toBe(true),
  );
  it("offers a content manager no page of people, providers or retention", () => {
    const hrefs = adminPlacesOf("content_manager").map(({ href }) => href);
    expect(hrefs).toContain("/admin/libraries");
    expect(hrefs.filter((href) => /users|providers|retention|audit|search-index/.test(href))).toEqual([]);
  });
  it("offers users nothing", () => expect(adminPlacesOf("user")).toEqual([]));
});

describe("adminPlaceAt", () => {
  it("takes the longest place that an address lies below", () => {
    expect(adminPlaceAt("/admin/documents/explain")?.href).toBe("/admin/documents/explain");
    expect(adminPlaceAt("/admin/libraries/new")?.href).toBe("/admin/libraries");
    expect(adminPlaceAt("/admin")?.href).toBe("/admin");
    expect(adminPlaceAt("/chat")).toBeUndefined();
  });
});
