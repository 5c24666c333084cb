import { expect, it } from "vitest";
import type { StoredMessage } from "../run/events";
import { newRun } from "../run/live-run";
import { exchangesOf } from "./exchange";

const message = (id: string, role: string, more: Partial<StoredMessage> = {}): StoredMessage =>
  ({
    id,
    role,
    content: `${id}!`,
    status: "complete",
    sources: [],
    unsupported: [],
    reply_to: null,
    error: null,
    ...more,
  }) as StoredMessage;

const STORED = [
  message("q1", "user"),
  message("a1", "assistant", { reply_to: "q1" }),
  message("a2", "assistant", { reply_to: "q1" }),
];
const shown = (stored: StoredMessage[], live?: Parameters<typeof exchangesOf>[1]) =>
  exchangesOf(stored, live).map((exchange) => [exchange.question, ...exchange.answers.map((answer) => answer.text)]);

it("gathers all answers that were given to a question", () => {
  expect(shown(STORED)).toEqual([["q1!", "a1!", "a2!"]]);
});

it("shows a question at once, and only once when it is stored", () => {
  const live = newRun({ question: "new?", text: "so far" });
  expect(shown(STORED, live)).toEqual([
    ["q1!", "a1!", "a2!"],
    ["new?", "so far"],
  ]);
  const told = { ...live, userMessageId: "q2", messageId: "a3" };
  const stored = [...STORED, message("q2", "user", { content: "new?" })];
  expect(shown(stored, told)).toEqual([
    ["q1!", "a1!", "a2!"],
    ["new?", "so far"],
  ]);
});

it("shows what comes in the place of what is stored of it, until that is whole", () => {
  const half = [
    message("q1", "user"),
    message("a1", "assistant", { reply_to: "q1", status: "streaming", content: "" }),
  ];
  const live = newRun({ messageId: "a1", userMessageId: "q1", text: "half" });
  expect(shown(half, live)).toEqual([["q1!", "half"]]);
  expect(shown(STORED, live)).toEqual([["q1!", "a1!", "a2!"]]);
});

it("puts an answer anew beside the one that it replaces", () => {
  expect(shown(STORED, newRun({ replaces: "a2", text: "anew" }))).toEqual([["q1!", "a1!", "a2!", "anew"]]);
});
