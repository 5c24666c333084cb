"use client";

import { useRouter } from "next/navigation";
import { useState, type SyntheticEvent } from "react";
import { ApiError } from "@/api/problem";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { ConfirmDialog, Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { notify } from "@/ui/toast";
import { chatMessages } from "../messages";
import { forget } from "../run/runs";
import { useDelete, useRename } from "./changes";
import type { Asked } from "./conversation-line";

interface DialogsProps {
  id: string;
  title: string;
  /** Whether it is the conversation that is looked at. */
  isOpen: boolean;
  asked: Asked;
  setAsked: (asked: Asked) => void;
}

export function ConversationDialogs({ id, title, isOpen, asked, setAsked }: DialogsProps) {
  const t = useMessages(chatMessages);
  const shell = useMessages(shellMessages);
  const router = useRouter();
  const rename = useRename();
  const remove = useDelete();
  const [text, setText] = useState(title);
  const close = () => setAsked(null);
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim()) rename.mutate({ id, title: text.trim() }, { onSuccess: close });
  };
  const onDelete = async () => {
    try {
      await remove.mutateAsync(id);
    } catch (error) {
      notify(sentenceOf(error, shell), "danger");
      return;
    }
    forget(id);
    notify(t.deleted);
    if (isOpen) router.replace("/chat");
  };
  return (
    <>
      <Dialog
        open={asked === "rename"}
        onOpenChange={close}
        title={t.renameTitle}
        footer={
          <>
            <Button onClick={close}>{shell.cancel}</Button>
            <Button look="primary" type="submit" form={`rename-${id}`} disabled={!text.trim() || rename.isPending}>
              {shell.save}
            </Button>
          </>
        }
      >
        <form id={`rename-${id}`} onSubmit={onSubmit}>
          <Field
            label={t.title}
            error={
              rename.error &&
              ((rename.error instanceof ApiError && rename.error.fieldError("/title")) ||
                sentenceOf(rename.error, shell))
            }
          >
            <Input value={text} maxLength={200} onChange={(event) => setText(event.target.value)} />
          </Field>
        </form>
      </Dialog>
      <ConfirmDialog
        open={asked === "delete"}
        onOpenChange={close}
        title={t.deleteTitle}
        description={t.deleteText(title)}
        confirm={t.delete}
        danger
        onConfirm={onDelete}
      />
    </>
  );
}
