import { expect, it } from "vitest";
import { hasMath, withMathMarked } from "./math";

it.each([
  ["inline \\(x^2\\) here", "inline $$x^2$$ here"],
  ["\\[\na+b\n\\]", "\n$$\na+b\n$$\n"],
  ["so $x_1 = 2$ holds", "so $$x_1 = 2$$ holds"],
])("formulas in any form become one: %s", (source, marked) => expect(withMathMarked(source)).toBe(marked));

it.each([
  "from $300 to $500 a month",
  "costs $5 and $x",
  "`$x_1 = 2$` is code",
  "```\n\\(x\\)\n```",
  "a price of $1,000.00 (of $2_000)",
])("what is no formula stays: %s", (source) => {
  expect(withMathMarked(source)).toBe(source);
  expect(hasMath(source)).toBe(false);
});
