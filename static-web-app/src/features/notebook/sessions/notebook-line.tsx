"use client";

import { useLanguage, useMessages } from "@/i18n/messages";
import { Link } from "@/ui/link";
import { notebookMessages } from "../messages";
import type { Notebook } from "../queries";
import { useSecondsLeft } from "../time-left";
import { NotebookMenu } from "./notebook-menu";
import { PinButton } from "./pin-button";
import { TimeLeft } from "./time-left-badge";

/** One notebook of the list; gone from it when its time is over. */
export function NotebookLine({ notebook }: { notebook: Notebook }) {
  const t = useMessages(notebookMessages);
  const language = useLanguage();
  const left = useSecondsLeft(notebook.endsAt);
  if (left === 0) return null;
  const created = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  return (
    <li className="relative flex items-center gap-1 px-4 py-3 first:rounded-t last:rounded-b hover:bg-hover">
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1">
        <div className="min-w-0 flex-1 basis-56">
          {/* the whole line is the link's, but for the buttons above it */}
          <Link
            href={`/notebook?s=${notebook.id}`}
            prefetch={false}
            className="block truncate font-semibold after:absolute after:inset-0"
          >
            {notebook.title}
          </Link>
          <p className="truncate text-xs text-muted">
            {t.fileCount(notebook.file_count)} · {t.created(created.format(new Date(notebook.created_at)))}
          </p>
        </div>
        <TimeLeft left={left} />
      </div>
      <div className="relative flex">
        <PinButton notebook={notebook} />
        <NotebookMenu notebook={notebook} />
      </div>
    </li>
  );
}
