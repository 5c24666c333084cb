import { expect, it } from "vitest";
import { addressWords } from "./address-words";

it("reads an address as people write it, and leaves what is none", () => {
  expect(addressWords("https://contoso.sharepoint.com/sites/hub/Shared%20Documents")).toBe(
    "https://contoso.sharepoint.com/sites/hub/Shared Documents",
  );
  expect(addressWords("https://contoso.sharepoint.com/100%")).toBe("https://contoso.sharepoint.com/100%");
});
