/** Calendar days as an address holds them, such as "2026-11-23". */
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The moment at which a day of the reader's own calendar begins; of a `to`, which the API does not include, the one at
 *  which the next day does. Undefined for what is no day. */
export function momentOf(day: string, edge: "from" | "to"): string | undefined {
  if (!DAY.test(day)) return undefined;
  const at = new Date(`${day}T00:00:00`);
  if (edge === "to") at.setDate(at.getDate() + 1);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** The day that lies so many days after another; both as a text, in no time zone. */
export function dayAfter(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** All days from one to another, both included. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day = dayAfter(day, 1)) days.push(day);
  return days;
}

export function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}
