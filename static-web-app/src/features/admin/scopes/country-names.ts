import type { Language } from "@/i18n/preferences";

export const COUNTRY_CODE = /^[A-Z]{2}$/;

/** What a language calls the country of a code, as the browser knows it; undefined for a code that it does not know. */
export function countryName(language: Language, code: string): string | undefined {
  if (!COUNTRY_CODE.test(code)) return undefined;
  return new Intl.DisplayNames([language], { type: "region", fallback: "none" }).of(code);
}
