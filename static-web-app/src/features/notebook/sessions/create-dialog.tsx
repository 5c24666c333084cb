"use client";

import { useRouter } from "next/navigation";
import { ApiError } from "@/api/problem";
import { useLanguage, useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { notebookMessages } from "../messages";
import { useCreate, useLimits } from "../queries";
import { spanInWords } from "../time-left";
import { NameDialog } from "./name-dialog";

/** Makes a notebook and goes there. */
export function CreateDialog({ close }: { close: () => void }) {
  const t = useMessages(notebookMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const router = useRouter();
  const limits = useLimits();
  const create = useCreate();
  const { error } = create;
  const isFull = error instanceof ApiError && error.code === "too_many_sessions";
  const onSubmit = (title: string) =>
    create.mutate(title, {
      onSuccess: ({ id }) => {
        close();
        router.push(`/notebook?s=${id}`);
      },
    });
  return (
    <NameDialog
      heading={t.createTitle}
      {...(limits && { description: t.createHint(spanInWords(limits.life_hours * 3_600, language)) })}
      name={t.untitled}
      button={t.createButton}
      isBusy={create.isPending}
      error={error && (isFull && limits ? t.full(limits.sessions_per_user) : sentenceOf(error, shell))}
      submit={onSubmit}
      close={close}
    />
  );
}
