import type { Language } from "@/i18n/preferences";

const formats: Partial<Record<Language, Intl.NumberFormat>> = {};

/** Times of answers, as seconds with one decimal: "0.4 s". */
export function formatMilliseconds(language: Language, milliseconds: number): string {
  const format = (formats[language] ??= new Intl.NumberFormat(language, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }));
  return `${format.format(milliseconds / 1000)} s`;
}
