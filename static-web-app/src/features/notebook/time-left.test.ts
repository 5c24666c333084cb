import { expect, test } from "vitest";
import { spanInWords } from "./time-left";

test.each([
  [86_400, "24 hours", "24 Stunden"],
  [86_399, "23 hours", "23 Stunden"],
  [7_200, "2 hours", "2 Stunden"],
  [7_199, "119 minutes", "119 Minuten"],
  [120, "2 minutes", "2 Minuten"],
  [119, "119 seconds", "119 Sekunden"],
  [1, "1 second", "1 Sekunde"],
  [0, "0 seconds", "0 Sekunden"],
  [-5, "0 seconds", "0 Sekunden"],
])("%i s are said in the largest unit of which two are left", (seconds, english, german) => {
  expect(spanInWords(seconds, "en")).toBe(english);
  expect(spanInWords(seconds, "de")).toBe(german);
});
