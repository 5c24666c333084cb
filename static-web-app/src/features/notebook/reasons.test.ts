import { describe, expect, test } from "vitest";
import { ApiError, offline } from "@/api/problem";
import { shellMessages } from "@/i18n/shell";
import { notebookMessages } from "./messages";
import { fileErrorOf, reasonOf, sizeInWords } from "./reasons";

const { en, de } = notebookMessages;
const LIMITS = {
  file_bytes: 50 * 2 ** 20,
  files_per_session: 2,
  sessions_per_user: 5,
  bytes_per_user: 9,
  life_hours: 24,
};
const OLD_WORD = { code: "unsupported_type", detail: "This is an old Word file (.doc). Save it as .docx." };

describe("why a file was refused", () => {
  test("in English the API's own sentence is the more exact one", () => {
    expect(reasonOf(OLD_WORD, en, "en")).toBe(OLD_WORD.detail);
  });
  test("in German it is the code's sentence", () => {
    expect(reasonOf(OLD_WORD, de, "de")).toBe(de.reason.unsupported_type);
  });
  test("codes of the upload and of the reading are the same ones", () => {
    expect(reasonOf({ code: "file_encrypted", detail: "x" }, de, "de")).toBe(de.reason.encrypted);
    expect(reasonOf({ code: "encrypted", detail: "x" }, de, "de")).toBe(de.reason.encrypted);
  });
  test("a limit is named as this environment is set", () => {
    expect(reasonOf({ code: "file_too_large", detail: null }, de, "de", LIMITS)).toBe(
      "Die Datei ist größer als 50 MB.",
    );
  });
  test("a code that is not known shows what the API says", () => {
    expect(reasonOf({ code: "backend_failed", detail: "It said no." }, de, "de")).toBe("It said no.");
  });
});

describe("an upload that went wrong", () => {
  const words = { t: de, shell: shellMessages.de, language: "de", limits: LIMITS } as const;
  test("a notebook that is full is not called too many requests", () => {
    const full = new ApiError(429, "too_many_files", "At most 2 files.", "id");
    expect(fileErrorOf(full, words)).toBe(de.reason.too_many_files);
  });
  test("too many requests are", () => {
    expect(fileErrorOf(new ApiError(429, "rate_limited", "Slow down.", "id"), words)).toBe(de.reason.rate_limited);
  });
  test("no network is said as such", () => {
    expect(fileErrorOf(offline(null), words)).toContain(shellMessages.de.error.offline);
  });
  test("a dependency that is away has the words of everywhere else", () => {
    expect(fileErrorOf(new ApiError(503, "unavailable", "blob", "id"), words)).toBe(shellMessages.de.error[503]);
  });
});

test.each([
  [0, "0 B", "0 B"],
  [1_023, "1,023 B", "1.023 B"],
  [1_024, "1 kB", "1 kB"],
  [1_600_000, "1.5 MB", "1,5 MB"],
  [50 * 2 ** 20, "50 MB", "50 MB"],
  [2 * 2 ** 30, "2 GB", "2 GB"],
])("%i bytes are said as people read them", (bytes, english, german) => {
  expect(sizeInWords(bytes, "en")).toBe(english);
  expect(sizeInWords(bytes, "de")).toBe(german);
});
