import { expect, it } from "vitest";
import { countryName } from "./country-names";

it("knows countries by their code, in the reader's language", () => {
  expect(countryName("en", "DE")).toBe("Germany");
  expect(countryName("de", "DE")).toBe("Deutschland");
});

it("knows nothing of what is no code", () => {
  for (const text of ["", "D", "de", "DEU", "QX", "1A"]) expect(countryName("en", text), text).toBeUndefined();
});
