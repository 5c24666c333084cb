import type { Language } from "@/i18n/preferences";
import { dayAfter, daysBetween, isDay } from "../table/days";

const formats: Partial<Record<string, Intl.DateTimeFormat>> = {};

// days are counted in UTC, and named without another zone's shift
function formatOf(language: Language, style: "long" | "short"): Intl.DateTimeFormat {
  return (formats[`${language} ${style}`] ??= new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    ...(style === "long" && { year: "numeric" }),
  }));
}

/** "23 Nov 2026" */
export function dayName(language: Language, day: string): string {
  return isDay(day) ? formatOf(language, "long").format(new Date(`${day}T00:00:00Z`)) : "";
}

/** "23 Nov" */
export function shortDayName(language: Language, day: string): string {
  return isDay(day) ? formatOf(language, "short").format(new Date(`${day}T00:00:00Z`)) : "";
}

export interface Period {
  from: string;
  to: string;
}

export const LENGTHS = [7, 30, 90, 365] as const;
export type Length = (typeof LENGTHS)[number];
const USUAL: Length = 30;

/** The last days up to today, as the address holds them: the usual number of them is nothing at all. */
export function lastDays(length: Length, today: string): Period {
  return length === USUAL ? { from: "", to: "" } : { from: dayAfter(today, 1 - length), to: today };
}

/** Which of the usual lengths a period is; null for any other. */
export function lengthOf({ from, to }: Period, today: string): Length | null {
  return (
    LENGTHS.find((length) => {
      const usual = lastDays(length, today);
      return usual.from === from && usual.to === to;
    }) ?? null
  );
}

/** What is asked of the API: without what is no day. */
export function askedOf({ from, to }: Period): { from: string | null; to: string | null } {
  return { from: isDay(from) ? from : null, to: isDay(to) ? to : null };
}

/** Today in UTC, by which days are counted. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** One value for each day of a report, which leaves out days on which nothing was. */
export function byDay<Item, Value>(
  report: Period,
  items: readonly Item[],
  dayOf: (item: Item) => string | null,
  valueOf: (item: Item | undefined) => Value,
): { days: string[]; values: Value[] } {
  const known = new Map(items.map((item) => [dayOf(item), item]));
  const days = daysBetween(report.from, report.to);
  return { days, values: days.map((day) => valueOf(known.get(day))) };
}
