import { create } from "zustand";

/** What is written and not yet sent, by thread; in memory, as all that people write. */
export const useDrafts = create<{ drafts: Record<string, string>; write: (thread: string, text: string) => void }>(
  (set) => ({
    drafts: {},
    write: (thread, text) => set(({ drafts }) => ({ drafts: { ...drafts, [thread]: text } })),
  }),
);
