import { usePreferences, type Language } from "./preferences";

/** One part of the catalogue, in every language. Made by `catalogue`, so that a key missing in one is a compile error. */
export interface Catalogue<M> {
  en: M;
  de: M;
}

/** `en` decides what there is to say; `de` has to say exactly that. */
export function catalogue<M>(en: M, de: NoInfer<M>): Catalogue<M> {
  return { en, de };
}

/** `const t = useMessages(chatMessages)`, then `t.send`, `t.sources(3)`. */
export function useMessages<M>(messages: Catalogue<M>): M {
  return messages[usePreferences((kept) => kept.language)];
}

export function useLanguage(): Language {
  return usePreferences((kept) => kept.language);
}

const rules: Partial<Record<Language, Intl.PluralRules>> = {};
const numbers: Partial<Record<Language, Intl.NumberFormat>> = {};

/** The form for a number; `#` in it becomes the number as the language writes it. */
export function plural(language: Language, count: number, forms: { one: string; other: string }): string {
  const rule = (rules[language] ??= new Intl.PluralRules(language)).select(count);
  return (rule === "one" ? forms.one : forms.other).replaceAll("#", formatNumber(language, count));
}

export function formatNumber(language: Language, value: number): string {
  return (numbers[language] ??= new Intl.NumberFormat(language)).format(value);
}
