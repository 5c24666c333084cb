import { createContext, use } from "react";
import type { Source } from "../run/events";

/** What the citations of one answer need; kept out of the blocks' properties, so that they need not be drawn anew. */
export interface AnswerSources {
  /** Empty until the answer is done: candidates have other numbers. */
  sources: readonly Source[];
  open: (n: number) => void;
  /** The one that is open. */
  openNumber: number | null;
}

export const AnswerSourcesContext = createContext<AnswerSources>({
  sources: [],
  open: () => undefined,
  openNumber: null,
});

export function useAnswerSources(): AnswerSources {
  return use(AnswerSourcesContext);
}
