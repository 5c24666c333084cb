import { ApiError } from "@/api/problem";
import { formatNumber } from "@/i18n/messages";
import type { Language } from "@/i18n/preferences";
import { sentenceOf, type shellMessages } from "@/i18n/shell";
import type { NotebookMessages } from "./messages";
import type { Limits } from "./queries";

export interface Said {
  code: string | null;
  /** The API's own sentence, in English. */
  detail: string | null;
}

/** Why a file was refused or could not be read. The API's sentence is the more exact one where it is in the reader's
 *  language; elsewhere there is one for each code. */
export function reasonOf({ code, detail }: Said, t: NotebookMessages, language: Language, limits?: Limits): string {
  if (language === "en" && detail) return detail;
  const reasons: Partial<Record<string, string | ((size: string) => string)>> = t.reason;
  const known = reasons[(code ?? "").replace(/^file_/, "")];
  if (typeof known === "string") return known;
  if (known !== undefined && limits) return known(sizeInWords(limits.file_bytes, language));
  return detail ?? t.failed;
}

/** An error of the way there or of the API, for one file. */
export function fileErrorOf(
  error: unknown,
  words: { t: NotebookMessages; shell: (typeof shellMessages)["en"]; language: Language; limits?: Limits | undefined },
): string {
  const { t, shell, language, limits } = words;
  if (!(error instanceof ApiError)) return t.notSent;
  if (error.isOffline) return `${t.notSent} ${shell.error.offline}`;
  if (error.code === "rate_limited") return t.reason.rate_limited;
  // 413, 415, 422 and a notebook's own 429 say what is wrong with this file
  if ([413, 415, 422, 429].includes(error.status)) return reasonOf(error, t, language, limits);
  return sentenceOf(error, shell);
}

const UNITS = ["B", "kB", "MB", "GB"];

/** As people read it in their file manager: in steps of 1,024, as the API's limits are. */
export function sizeInWords(bytes: number, language: Language): string {
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1_024 ** step;
  const rounded = value < 10 && step > 1 ? Math.round(value * 10) / 10 : Math.round(value);
  return `${formatNumber(language, rounded)} ${UNITS[step]}`;
}
