"use client";

import { BookOpenText, NotebookText, Sparkles } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { Link } from "@/ui/link";
import { chatMessages } from "../messages";

export type ChatMode = "rag" | "assistant";

const ICONS = { rag: BookOpenText, assistant: Sparkles };
const LOOK = "inline-flex h-8 cursor-pointer items-center gap-1.5 rounded px-2 text-sm [&_svg]:size-4";
const QUIET = "text-muted hover:bg-hover hover:text-text";

/** Chosen before the first question, then fixed for the conversation. Notebooks have files, and a page of their own. */
export function ModeChoice({ mode, choose }: { mode: ChatMode; choose: (mode: ChatMode) => void }) {
  const t = useMessages(chatMessages);
  return (
    <fieldset className="flex items-center gap-0.5">
      <legend className="sr-only">{t.chooseMode}</legend>
      {(["rag", "assistant"] as const).map((each) => {
        const Icon = ICONS[each];
        return (
          <label
            key={each}
            data-tip={t.modeHint[each]}
            className={classes(
              LOOK,
              "has-focus-visible:outline-2 has-focus-visible:outline-accent",
              each === mode ? "bg-accent-soft font-semibold text-accent-text" : QUIET,
            )}
          >
            <input
              type="radio"
              name="mode"
              value={each}
              checked={each === mode}
              onChange={() => choose(each)}
              className="sr-only"
            />
            <Icon aria-hidden />
            {t.mode[each]}
          </label>
        );
      })}
      <Link
        href="/notebook"
        prefetch={false}
        data-tip={t.modeHint.notebook}
        className={classes(LOOK, QUIET, "max-sm:hidden")}
      >
        <NotebookText aria-hidden />
        {t.mode.notebook}
      </Link>
    </fieldset>
  );
}

/** The mode of a conversation that has begun. */
export function ModeMark({ mode }: { mode: ChatMode }) {
  const t = useMessages(chatMessages);
  const Icon = ICONS[mode];
  return (
    <span
      data-tip={t.modeHint[mode]}
      className="inline-flex h-8 items-center gap-1.5 px-2 text-sm text-muted [&_svg]:size-4"
    >
      <Icon aria-hidden />
      {t.mode[mode]}
    </span>
  );
}
