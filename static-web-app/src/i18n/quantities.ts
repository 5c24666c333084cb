/** Times, sizes and durations as a language writes them. */
import type { Language } from "./preferences";

const times: Partial<Record<Language, Intl.DateTimeFormat>> = {};
const sizes: Partial<Record<string, Intl.NumberFormat>> = {};

/** A point in time, in the reader's own zone: "23 Nov 2026, 08:15". */
export function formatTime(language: Language, at: string): string {
  // British English: the day first, as in the rest of Europe, and 24 hours
  const format = (times[language] ??= new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    dateStyle: "medium",
    timeStyle: "short",
  }));
  return format.format(new Date(at));
}

/** "42 s", "3 min 20 s", "1 h 5 min": two units, which both languages abbreviate alike. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const parts =
    hours > 0 ? [`${hours} h`, minutes > 0 && `${minutes} min`] : [`${minutes} min`, rest > 0 && `${rest} s`];
  return parts.filter(Boolean).join(" ");
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** In decimal units, as SharePoint and the limits count them. */
export function formatSize(language: Language, bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const unit = UNITS[step] ?? "byte";
  const format = (sizes[`${language} ${unit}`] ??= new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step < 2 ? 0 : 1,
  }));
  return format.format(bytes / 1000 ** step);
}
