"use client";

import { titleOf } from "@/features/chat/welcome";
import { useMessages } from "@/i18n/messages";
import { WorkingLine } from "@/ui/states";
import { AddFiles } from "../files/add-files";
import type { Adding } from "../files/use-add-files";
import { notebookMessages } from "../messages";
import { isUnderWay, type StoredFile } from "../queries";
import { isOnItsWay, useUploads } from "../upload/uploads";

interface FirstStepsProps {
  sessionId: string;
  files: readonly StoredFile[];
  adding: Adding;
  ask: (content: string) => void;
}

const SUGGESTED = 3;

/** Before the first question: files first, then waiting for them, then something to begin with. */
export function FirstSteps({ sessionId, files, adding, ask }: FirstStepsProps) {
  const t = useMessages(notebookMessages);
  const isSending = useUploads(({ uploads }) =>
    uploads.some((each) => each.sessionId === sessionId && isOnItsWay(each)),
  );
  const ready = files.filter((file) => file.status === "ready");
  if (ready.length > 0) {
    const questions = ready.slice(0, SUGGESTED).map((file) => t.about(titleOf(file.file_name)));
    if (ready.length > 1) questions.push(t.compare);
    return (
      <Middle title={t.askTitle}>
        <ul className="grid gap-2 sm:grid-cols-2">
          {questions.map((question) => (
            <li key={question}>
              <button
                type="button"
                onClick={() => ask(question)}
                className="h-full w-full rounded border border-line px-3 py-2 text-left text-sm break-words hover:bg-hover"
              >
                {question}
              </button>
            </li>
          ))}
        </ul>
      </Middle>
    );
  }
  if (isSending || files.some(isUnderWay)) {
    return (
      <Middle title={t.readingTitle} text={t.readingText}>
        <div className="w-40">
          <WorkingLine label={t.readingTitle} />
        </div>
      </Middle>
    );
  }
  if (files.length > 0) {
    return <Middle title={t.brokenTitle} text={t.brokenText} />;
  }
  return (
    <Middle title={t.firstTitle} text={t.firstText}>
      <AddFiles adding={adding} isLarge />
    </Middle>
  );
}

function Middle({ title, text, children }: { title: string; text?: string; children?: React.ReactNode }) {
  return (
    <div className="flex flex-1 flex-col justify-center gap-5 pb-[8vh]">
      <div className="flex flex-col gap-1">
        <h2 className="text-xl tracking-tight">{title}</h2>
        {text && <p className="text-sm text-muted">{text}</p>}
      </div>
      {children}
    </div>
  );
}
