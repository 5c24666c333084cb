"use client";

import { useLanguage, useMessages, formatNumber } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { notebookMessages } from "../messages";
import { useLimits, type Notebook, type StoredFile } from "../queries";
import { usePin } from "../sessions/pin-button";
import { SOON_S, useSpan } from "../time-left";
import { useUploads } from "../upload/uploads";
import { AddFiles } from "./add-files";
import { FileLine } from "./file-line";
import { UploadLine } from "./upload-line";
import type { Adding } from "./use-add-files";

interface FilesPanelProps {
  notebook: Notebook;
  files: readonly StoredFile[];
  left: number | null;
  adding: Adding;
}

/** A session's files and how far each is, with what is on its way to become one. */
export function FilesPanel({ notebook, files, left, adding }: FilesPanelProps) {
  const t = useMessages(notebookMessages);
  const language = useLanguage();
  const limits = useLimits();
  const uploads = useUploads((state) => state.uploads).filter((upload) => upload.sessionId === notebook.id);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-baseline justify-between gap-2 px-4 pt-3 pb-2">
        <h2 className="text-sm font-semibold">{t.files}</h2>
        {limits && (
          <p className="text-xs text-muted tabular-nums">
            {t.filesOf(formatNumber(language, files.length), formatNumber(language, limits.files_per_session))}
          </p>
        )}
      </div>
      {/* focusable, so that the keyboard can scroll it */}
      {}
      <div role="region" aria-label={t.files} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-4 pb-4">
        <ul className="flex flex-col divide-y divide-line">
          {files.map((file) => (
            <FileLine key={file.file_id} sessionId={notebook.id} file={file} />
          ))}
          {uploads.map((upload) => (
            <UploadLine key={upload.key} upload={upload} limits={limits} />
          ))}
        </ul>
        <div className={files.length + uploads.length > 0 ? "pt-3" : undefined}>
          <AddFiles adding={adding} />
        </div>
      </div>
      <Life notebook={notebook} left={left} />
    </div>
  );
}

/** How long all of this is there, in a sentence. */
function Life({ notebook, left }: { notebook: Notebook; left: number | null }) {
  const t = useMessages(notebookMessages);
  const { toggle, isBusy } = usePin(notebook);
  const span = useSpan(left ?? 0);
  return (
    <div className="flex flex-col items-start gap-2 border-t border-line px-4 py-3 text-xs text-muted">
      {left === null ? (
        <p>{t.pinnedText}</p>
      ) : (
        <>
          <p className={left < SOON_S ? "text-warning" : undefined}>{t.goes(span)}</p>
          <Button size="small" disabled={isBusy} onClick={toggle}>
            {t.keep}
          </Button>
        </>
      )}
    </div>
  );
}
