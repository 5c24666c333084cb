import { expect, it } from "vitest";
import { runEventOf, type RunEvent } from "./events";
import { newRun, reduce } from "./live-run";

const frame = (seq: number, data: object, event = "message", run = "r") =>
  runEventOf({ event, id: `${run}:${seq}`, data: JSON.stringify(data) }) as RunEvent;

const META = frame(
  1,
  { run_id: "r", conversation_id: "c", user_message_id: "u", message_id: "m", mode: "rag" },
  "meta",
);
const DONE = frame(5, { done: true, message_id: "m", status: "complete", sources: [], supported: true });
const EVENTS = [
  META,
  frame(2, { sources: [] }, "sources"),
  frame(3, { token: "Hel" }),
  frame(4, { token: "lo" }),
  DONE,
];

it("ends as the sum of its events", () => {
  const run = EVENTS.reduce(reduce, newRun({ question: "q" }));
  expect(run).toMatchObject({ phase: "ended", text: "Hello", messageId: "m", conversationId: "c", seq: 5 });
});

it("neither loses nor repeats a token, wherever the stream was cut and however far back it is taken up", () => {
  for (let cut = 1; cut < EVENTS.length; cut++) {
    for (let from = 0; from <= cut; from++) {
      const run = [...EVENTS.slice(0, cut), ...EVENTS.slice(from)].reduce(reduce, newRun());
      expect(run.text, `cut after ${cut}, taken up from ${from}`).toBe("Hello");
      expect(run.phase).toBe("ended");
    }
  }
});

it("takes nothing from another run", () => {
  const run = [META, frame(2, { token: "other" }, "message", "x")].reduce(reduce, newRun());
  expect(run.text).toBe("");
});

it("goes from searching to reading to writing", () => {
  let run = newRun();
  const phases = EVENTS.slice(0, 3).map((event) => (run = reduce(run, event)).phase);
  expect(phases).toEqual(["searching", "reading", "writing"]);
});

it("passes over events that it does not know", () => {
  expect(runEventOf({ event: "weather", id: "r:9", data: "{}" })).toBeUndefined();
  expect(runEventOf({ event: "message", id: "", data: '{"token":"x"}' })).toBeUndefined();
});
