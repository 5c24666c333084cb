import { usePreferences, type Language } from "./preferences";

/** The API speaks English; what its codes mean in another language comes when that is chosen, before it is needed. */
const known: Partial<Record<Language, Readonly<Record<string, string>>>> = {};

export async function fetchProblemSentences(language: Language): Promise<void> {
  if (language === "de") known.de ??= (await import("./problems.de")).germanProblems;
}

/** In the reader's language, when that is not the API's own. */
export function problemSentence(code: string): string | undefined {
  return known[usePreferences.getState().language]?.[code];
}
