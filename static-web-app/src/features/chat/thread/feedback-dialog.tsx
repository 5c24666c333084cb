"use client";

import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Textarea } from "@/ui/field";
import { notify } from "@/ui/toast";
import type { Rating } from "./feedback";
import { answerMessages } from "./messages";

interface FeedbackDialogProps {
  rating: Rating;
  close: () => void;
  send: (comment: string) => Promise<unknown>;
}

/** A word to the thumb, for who wants to say one: the rating itself is given already. */
export function FeedbackDialog({ rating, close, send }: FeedbackDialogProps) {
  const t = useMessages(answerMessages);
  const shell = useMessages(shellMessages);
  const [comment, setComment] = useState("");
  const [error, setError] = useState<unknown>(null);
  const submit = async () => {
    try {
      await send(comment.trim());
      notify(t.feedbackThanks);
      close();
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={close}
      title={rating === "negative" ? t.feedbackTitle : t.feedbackTitleGood}
      footer={
        <>
          <Button onClick={close}>{shell.cancel}</Button>
          <Button look="primary" disabled={!comment.trim()} onClick={() => void submit()}>
            {t.feedbackSend}
          </Button>
        </>
      }
    >
      <Field
        label={<span className="sr-only">{rating === "negative" ? t.feedbackTitle : t.feedbackTitleGood}</span>}
        hint={t.feedbackHint}
        error={error !== null && sentenceOf(error, shell)}
      >
        <Textarea value={comment} maxLength={4_000} rows={4} onChange={(event) => setComment(event.target.value)} />
      </Field>
    </Dialog>
  );
}
