"use client";

import { FileSpreadsheet, FileText, Presentation, RotateCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { Badge, WorkingLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { notebookMessages } from "../messages";
import { isUnderWay, useDeleteFile, useRetryFile, type StoredFile } from "../queries";
import { reasonOf, sizeInWords } from "../reasons";

const ICONS: Partial<Record<StoredFile["file_type"], typeof FileText>> = {
  xlsx: FileSpreadsheet,
  csv: FileSpreadsheet,
  pptx: Presentation,
};

/** A file that the API has: what it is, how far it is, and why it failed. */
export function FileLine({ sessionId, file }: { sessionId: string; file: StoredFile }) {
  const t = useMessages(notebookMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const [isAsking, setIsAsking] = useState(false);
  const remove = useDeleteFile(sessionId);
  const retry = useRetryFile(sessionId);
  const tell = (error: unknown) => notify(sentenceOf(error, shell), "danger");
  const Icon = ICONS[file.file_type] ?? FileText;
  const facts = [
    file.file_type.toUpperCase(),
    sizeInWords(file.file_size, language),
    file.page_count !== null && t.pages(file.page_count),
  ].filter(Boolean);
  return (
    <li className="flex gap-2.5 py-2.5">
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="text-sm leading-5 break-words">{file.file_name}</p>
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
          <State status={file.status} />
          {facts.join(" · ")}
        </p>
        {isUnderWay(file) && <WorkingLine label={`${file.file_name}: ${t[file.status]}`} />}
        {file.status === "failed" && (
          <p className="text-xs text-danger">
            {reasonOf({ code: file.reason_code, detail: file.reason }, t, language)}
          </p>
        )}
      </div>
      <div className="-mt-1 -mr-2 flex">
        {file.status === "failed" && (
          <IconButton
            label={t.retryFile(file.file_name)}
            disabled={retry.isPending}
            onClick={() => retry.mutate(file.file_id, { onError: tell })}
          >
            <RotateCw />
          </IconButton>
        )}
        <IconButton label={t.deleteFile(file.file_name)} onClick={() => setIsAsking(true)}>
          <Trash2 />
        </IconButton>
      </div>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title={t.deleteFileTitle}
        description={t.deleteFileText(file.file_name)}
        confirm={t.delete}
        danger
        onConfirm={() => remove.mutateAsync(file.file_id).catch(tell)}
      />
    </li>
  );
}

function State({ status }: { status: StoredFile["status"] }) {
  const t = useMessages(notebookMessages);
  const tone = status === "failed" ? "danger" : status === "ready" ? "accent" : "neutral";
  return <Badge tone={tone}>{t[status]}</Badge>;
}
