import { expect, it } from "vitest";
import type { ListedConversation } from "./conversations";
import { grouped } from "./grouping";

const now = new Date(2026, 9, 26, 9, 0); // the day after the clocks changed in Europe
const at = (id: string, ...[year, month, day, hour = 12]: number[]) =>
  ({ id, updated_at: new Date(year ?? 0, month ?? 0, day, hour).toISOString() }) as ListedConversation;

it("puts a line above each day, then each month", () => {
  const lines = grouped(
    [
      at("a", 2026, 9, 26, 1),
      at("b", 2026, 9, 25, 23),
      at("c", 2026, 9, 25, 0),
      at("d", 2026, 9, 20),
      at("e", 2026, 8, 3),
      at("f", 2026, 8, 1),
    ],
    { today: "T", yesterday: "Y", week: "W" },
    "en",
    now,
  );
  expect(lines.map((line) => (line.kind === "day" ? line.label : line.conversation.id))).toEqual([
    "T",
    "a",
    "Y",
    "b",
    "c",
    "W",
    "d",
    "September 2026",
    "e",
    "f",
  ]);
});
