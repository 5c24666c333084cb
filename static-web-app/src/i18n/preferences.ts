/** What a person chose for this browser; public/theme.js reads it before the first paint. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "de";

interface Preferences {
  theme: Theme;
  language: Language;
  setTheme: (theme: Theme) => void;
  setLanguage: (language: Language) => void;
}

function firstLanguage(): Language {
  return typeof navigator !== "undefined" && /^de\b/i.test(navigator.language) ? "de" : "en";
}

export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      theme: "system",
      language: firstLanguage(),
      setTheme: (theme) => set({ theme }),
      setLanguage: (language) => set({ language }),
    }),
    { name: "nexus.preferences" },
  ),
);

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
