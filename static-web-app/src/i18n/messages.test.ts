import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { answerMessages } from "@/features/chat/thread/messages";
import { chatMessages } from "@/features/chat/messages";
import { accountMessages } from "@/features/account/messages";
import { ApiError } from "@/api/problem";
import { plural } from "./messages";
import { sentenceOf, shellMessages } from "./shell";

it("counts as its language does", () => {
  const forms = { one: "# thing", other: "# things" };
  expect([0, 1, 2, 1_500].map((n) => plural("en", n, forms))).toEqual([
    "0 things",
    "1 thing",
    "2 things",
    "1,500 things",
  ]);
  expect(plural("de", 1_500, forms)).toBe("1.500 things");
});

it.each(Object.entries({ shellMessages, chatMessages, answerMessages, accountMessages }))(
  "%s says nothing in German as in English by oversight",
  (_, part) => {
    const same: string[] = [];
    const compare = (en: unknown, de: unknown, key: string) => {
      if (typeof en === "string") {
        expect(de, key).toBeTruthy();
        if (en === de && en.includes(" ")) same.push(key);
      } else if (en !== null && typeof en === "object") {
        for (const [name, value] of Object.entries(en))
          compare(value, (de as Record<string, unknown>)[name], `${key}.${name}`);
      }
    };
    compare(part.en, part.de, "");
    expect(same).toEqual([]);
  },
);

it("tells an error in the reader's words, or in the API's where these are more exact", () => {
  const conflict = new ApiError(409, "conflict", "The library is paused.", "id");
  expect(sentenceOf(conflict, shellMessages.de)).toBe("The library is paused.");
  expect(sentenceOf(new ApiError(503, "x", "The redis service …", "id"), shellMessages.de)).toMatch(
    /gerade nicht erreichbar/,
  );
  expect(sentenceOf(new TypeError("x"), shellMessages.en)).toBe(shellMessages.en.error.unknown);
});

it("is what public/theme.js chooses from", () => {
  expect(readFileSync("public/theme.js", "utf8")).toContain("nexus.preferences");
});
