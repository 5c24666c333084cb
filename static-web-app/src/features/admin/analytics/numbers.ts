/** Numbers of reports as a language writes them. */
import type { Language } from "@/i18n/preferences";

const formats: Partial<Record<string, Intl.NumberFormat>> = {};

function formatOf(language: Language, name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return (formats[`${language} ${name}`] ??= new Intl.NumberFormat(language, options));
}

/** "1.2M": for a scale. */
export function formatShort(language: Language, value: number): string {
  return formatOf(language, "short", { notation: "compact", maximumFractionDigits: 2 }).format(value);
}

/** "12.30", and "0.0042" of less than one: answers are cheap. */
export function formatCost(language: Language, cost: number): string {
  const digits = Math.abs(cost) >= 1 || cost === 0 ? 2 : 4;
  const options = { minimumFractionDigits: 2, maximumFractionDigits: digits };
  return formatOf(language, `cost ${digits}`, options).format(cost);
}

/** "93.5%"; null is no share. */
export function formatShare(language: Language, share: number): string {
  return formatOf(language, "share", { style: "percent", maximumFractionDigits: 1 }).format(share);
}

/** Whether a cost says anything: it counts the answers whose model had a price. */
export function isPriced({ answers, unpriced }: { answers: number; unpriced: number }): boolean {
  return unpriced < answers;
}
