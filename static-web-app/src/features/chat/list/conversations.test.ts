import { expect, it } from "vitest";
import { withNewest, type ListedConversation, type ListedConversations } from "./conversations";

/** "b2" is conversation b, changed in minute 2. */
function list(names: string, next_cursor: string | null): ListedConversations {
  const items = names.split(" ").map((name) => ({ id: name[0], updated_at: `2026-11-23T08:0${name.slice(1)}:00Z` }));
  return { items: items as ListedConversation[], next_cursor };
}

const idsOf = ({ items }: ListedConversations) => items.map((item) => item.id).join("");

it("keeps what was scrolled to when the newest page comes again", () => {
  const known = list("d4 c3 b2 a1", "older");
  const made = withNewest(known, list("e5 d4 c3", "after c"));
  expect(idsOf(made)).toBe("edcba");
  expect(made.next_cursor).toBe("older");
});

it("moves what has changed to the front, and drops what is gone from the newest page", () => {
  const known = list("e5 d4 c3 b2 a1", null);
  expect(idsOf(withNewest(known, list("a6 e5 c3", "after c")))).toBe("aecb");
});

it("begins anew where it cannot be known what lies between", () => {
  const known = list("c3 b2 a1", "older");
  const made = withNewest(known, list("g7 f6 e5", "after e"));
  expect(idsOf(made)).toBe("gfe");
  expect(made.next_cursor).toBe("after e");
  // the same conversation, but changed meanwhile: others may have come before it
  expect(idsOf(withNewest(known, list("f7 e6 b5", "after b")))).toBe("feb");
});

it("has nothing behind a newest page that is the only one", () => {
  expect(idsOf(withNewest(list("c3 b2 a1", null), list("c3 b2", null)))).toBe("cb");
  expect(idsOf(withNewest(undefined, list("c3", "older")))).toBe("c");
});
