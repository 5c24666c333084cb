import type { ListedConversation } from "./conversations";

export type Line = { kind: "day"; label: string } | { kind: "conversation"; conversation: ListedConversation };

interface Words {
  today: string;
  yesterday: string;
  week: string;
}

const DAY_MS = 86_400_000;

/** A flat list with a line above each group: today, yesterday, the last week, then month by month. */
export function grouped(
  conversations: readonly ListedConversation[],
  t: Words,
  language: string,
  now = new Date(),
): Line[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const names = new Intl.DateTimeFormat(language, { month: "long", year: "numeric" });
  // naming a month is slow beside all else, and thousands of conversations share a few
  const named = new Map<number, string>();
  const nameOf = (at: Date) => {
    const month = at.getFullYear() * 12 + at.getMonth();
    const name = named.get(month) ?? names.format(at);
    named.set(month, name);
    return name;
  };
  const lines: Line[] = [];
  let last = "";
  for (const conversation of conversations) {
    const at = new Date(conversation.updated_at);
    // rounded: a day may have 23 or 25 hours
    const days = Math.round((today - new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()) / DAY_MS);
    const label = days <= 0 ? t.today : days === 1 ? t.yesterday : days < 7 ? t.week : nameOf(at);
    if (label !== last) lines.push({ kind: "day", label });
    last = label;
    lines.push({ kind: "conversation", conversation });
  }
  return lines;
}
