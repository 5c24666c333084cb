"use client";

import { FileUp, FileX, RotateCw, X } from "lucide-react";
import { ApiError } from "@/api/problem";
import { useLanguage, useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { CorrelationId } from "@/ui/problem-view";
import { Badge } from "@/ui/states";
import { notebookMessages } from "../messages";
import type { Limits } from "../queries";
import { fileErrorOf, reasonOf, sizeInWords } from "../reasons";
import { dropUpload, isOnItsWay, retryUpload, type Upload, type UploadState } from "../upload/uploads";

/** A file on its way, or why it did not get there. */
export function UploadLine({ upload, limits }: { upload: Upload; limits: Limits | undefined }) {
  const t = useMessages(notebookMessages);
  const language = useLanguage();
  const { key, name, size, state } = upload;
  const isBad = state.phase === "refused" || state.phase === "failed";
  const Icon = isBad ? FileX : FileUp;
  return (
    <li className="flex gap-2.5 py-2.5">
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="text-sm leading-5 break-words">{name}</p>
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
          <Badge tone={isBad ? "danger" : "neutral"}>{useStateInWords(upload)}</Badge>
          {size > 0 && sizeInWords(size, language)}
        </p>
        {isOnItsWay(upload) && <Progress label={name} sent={state.phase === "sending" ? state.sent / size : 0} />}
        {isBad && <Trouble state={state} limits={limits} />}
      </div>
      <div className="-mt-1 -mr-2 flex">
        {state.phase === "failed" && (
          <IconButton label={t.retryFile(name)} onClick={() => retryUpload(key)}>
            <RotateCw />
          </IconButton>
        )}
        <IconButton label={isBad ? t.dismiss(name) : t.cancelUpload(name)} onClick={() => dropUpload(key)}>
          <X />
        </IconButton>
      </div>
    </li>
  );
}

function useStateInWords({ state, size }: Upload): string {
  const t = useMessages(notebookMessages);
  const percent = new Intl.NumberFormat(useLanguage(), { style: "percent" });
  switch (state.phase) {
    case "waiting":
      return t.waiting;
    case "sending":
      return state.sent < size ? t.sending(percent.format(Math.floor((100 * state.sent) / size) / 100)) : t.checking;
    case "refused":
    case "failed":
      return t.refused;
  }
}

function Progress({ label, sent }: { label: string; sent: number }) {
  const percent = Math.floor(sent * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-0.5 w-full overflow-hidden rounded-full bg-line"
    >
      <div
        ref={(bar) => bar?.style.setProperty("width", `${percent}%`)}
        className="h-full rounded-full bg-accent transition-[width]"
      />
    </div>
  );
}

type Bad = Extract<UploadState, { phase: "refused" | "failed" }>;

function Trouble({ state, limits }: { state: Bad; limits: Limits | undefined }) {
  const t = useMessages(notebookMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const error = state.phase === "failed" ? state.error : state.why;
  const text =
    typeof error === "string"
      ? reasonOf({ code: error, detail: null }, t, language, limits)
      : fileErrorOf(error, { t, shell, language, limits });
  const correlationId = error instanceof ApiError ? error.correlationId : null;
  return (
    <div role="alert" className="flex flex-col items-start text-xs text-danger">
      <p>{text}</p>
      {correlationId && (
        <span className="-ml-2">
          <CorrelationId id={correlationId} />
        </span>
      )}
    </div>
  );
}
