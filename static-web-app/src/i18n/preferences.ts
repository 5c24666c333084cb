/** What a person chose for this browser; public/theme.js reads it before the first paint. */
import { create } from "zustand";

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "de";

interface Chosen {
  theme: Theme;
  language: Language;
}

interface Preferences extends Chosen {
  setTheme: (theme: Theme) => void;
  setLanguage: (language: Language) => void;
}

const KEY = "nexus.preferences";

function firstLanguage(): Language {
  return typeof navigator !== "undefined" && /^de\b/i.test(navigator.language) ? "de" : "en";
}

/** What this browser keeps; nothing at build time, or where what it keeps cannot be read. */
function kept(): Partial<Chosen> {
  if (typeof localStorage === "undefined") return {};
  try {
    const { theme, language } =
      (JSON.parse(localStorage.getItem(KEY) ?? "{}") as { state?: Partial<Chosen> }).state ?? {};
    return {
      ...(theme && ["system", "light", "dark"].includes(theme) && { theme }),
      ...(language && ["en", "de"].includes(language) && { language }),
    };
  } catch {
    return {};
  }
}

export const usePreferences = create<Preferences>()((set, get) => {
  const choose = (chosen: Partial<Chosen>) => {
    set(chosen);
    const { theme, language } = get();
    localStorage.setItem(KEY, JSON.stringify({ state: { theme, language } }));
  };
  return {
    theme: "system",
    language: firstLanguage(),
    ...kept(),
    setTheme: (theme) => choose({ theme }),
    setLanguage: (language) => choose({ language }),
  };
});

/** Shows what was chosen; returns what undoes it. Called once by the app's frame. */
export function applyPreferences(): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const { theme, language } = usePreferences.getState();
    const dark = theme === "dark" || (theme === "system" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    document.documentElement.lang = language;
  };
  apply();
  system.addEventListener("change", apply);
  const unsubscribe = usePreferences.subscribe(apply);
  return () => {
    system.removeEventListener("change", apply);
    unsubscribe();
  };
}
