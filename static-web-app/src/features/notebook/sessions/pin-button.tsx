"use client";

import { Pin, PinOff } from "lucide-react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { notify } from "@/ui/toast";
import { notebookMessages } from "../messages";
import { useChange, type Notebook } from "../queries";
import { spanInWords } from "../time-left";

/** Pins and unpins; says what that means. */
export function usePin(notebook: Notebook) {
  const t = useMessages(notebookMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const change = useChange(notebook.id);
  const toggle = () => {
    change.mutate(
      { is_pinned: !notebook.is_pinned },
      {
        onSuccess: ({ seconds_left }) =>
          notify(seconds_left === null ? t.pinnedNow : t.unpinnedNow(spanInWords(seconds_left, language))),
        onError: (error) => notify(sentenceOf(error, shell), "danger"),
      },
    );
  };
  return { toggle, isBusy: change.isPending };
}

export function PinButton({ notebook }: { notebook: Notebook }) {
  const t = useMessages(notebookMessages);
  const { toggle, isBusy } = usePin(notebook);
  return (
    <IconButton label={notebook.is_pinned ? t.unpin : t.pin} disabled={isBusy} onClick={toggle}>
      {notebook.is_pinned ? <PinOff /> : <Pin />}
    </IconButton>
  );
}
