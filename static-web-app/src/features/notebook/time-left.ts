import { useEffect, useState } from "react";
import { plural, useLanguage, type Catalogue } from "@/i18n/messages";
import type { Language } from "@/i18n/preferences";

const HOUR_S = 3_600;
/** From here on it is worth a warning. */
export const SOON_S = HOUR_S;

type Words = Record<"hours" | "minutes" | "seconds", { one: string; other: string }>;
const WORDS: Catalogue<Words> = {
  en: {
    hours: { one: "# hour", other: "# hours" },
    minutes: { one: "# minute", other: "# minutes" },
    seconds: { one: "# second", other: "# seconds" },
  },
  de: {
    hours: { one: "# Stunde", other: "# Stunden" },
    minutes: { one: "# Minute", other: "# Minuten" },
    seconds: { one: "# Sekunde", other: "# Sekunden" },
  },
};

/** In the largest unit of which at least two are left; never more than there is. */
export function spanInWords(seconds: number, language: Language): string {
  const words = WORDS[language];
  if (seconds >= 2 * HOUR_S) return plural(language, Math.floor(seconds / HOUR_S), words.hours);
  if (seconds >= 120) return plural(language, Math.floor(seconds / 60), words.minutes);
  return plural(language, Math.max(0, Math.floor(seconds)), words.seconds);
}

/** Whole seconds until a moment of this browser's clock; counts down as finely as the words for it do. */
export function useSecondsLeft(endsAt: number | null): number | null {
  const [now, setNow] = useState(() => Date.now());
  const left = endsAt === null ? null : Math.max(0, Math.round((endsAt - now) / 1_000));
  const everyMs = left === null || left === 0 ? null : left > 150 ? 15_000 : 1_000;
  useEffect(() => {
    if (everyMs === null) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    // timers stand still while a laptop sleeps
    const onShown = () => setNow(Date.now());
    document.addEventListener("visibilitychange", onShown);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onShown);
    };
  }, [everyMs, endsAt]);
  return left;
}

export function useSpan(seconds: number): string {
  return spanInWords(seconds, useLanguage());
}
