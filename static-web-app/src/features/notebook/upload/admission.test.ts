import { describe, expect, test } from "vitest";
import { refusalOf } from "./admission";

const LIMITS = { file_bytes: 1_000, files_per_session: 2, sessions_per_user: 5, bytes_per_user: 9_000, life_hours: 24 };
const PDF = { name: "a.pdf", size: 1_000, type: "application/pdf" };

describe("what is known to be refused before a byte is sent", () => {
  test("a file within the limits may be tried", () => {
    expect(refusalOf(PDF, 1, LIMITS)).toBeNull();
  });
  test("a byte too much is told", () => {
    expect(refusalOf({ ...PDF, size: 1_001 }, 1, LIMITS)).toBe("too_large");
  });
  test("a full session is told", () => {
    expect(refusalOf(PDF, 0, LIMITS)).toBe("too_many_files");
  });
  test("an empty file is told", () => {
    expect(refusalOf({ ...PDF, size: 0 }, 1, LIMITS)).toBe("empty");
  });
  test.each(["image/png", "video/mp4", "application/zip"])("%s is told, however full the session is", (type) => {
    expect(refusalOf({ ...PDF, type }, 0, LIMITS)).toBe("unsupported_type");
  });
  test.each(["", "application/msword", "text/x-log", "application/octet-stream"])(
    "%j is the API's to judge, because it looks at the content",
    (type) => {
      expect(refusalOf({ ...PDF, type }, 1, LIMITS)).toBeNull();
    },
  );
  test("limits that are not known yet refuse nothing", () => {
    expect(refusalOf({ ...PDF, size: 10 ** 12 }, Infinity, undefined)).toBeNull();
  });
});
