"use client";

import { useId, useState, type SyntheticEvent } from "react";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { notebookMessages } from "../messages";

/** As the API has it (functions/notebook_proxy/schemas.py). */
const MAX_NAME = 200;

interface NameDialogProps {
  heading: string;
  description?: string;
  name: string;
  button: string;
  isBusy: boolean;
  error: string | null;
  submit: (name: string) => void;
  close: () => void;
}

export function NameDialog({ heading, description, name, button, isBusy, error, submit, close }: NameDialogProps) {
  const t = useMessages(notebookMessages);
  const shell = useMessages(shellMessages);
  const form = useId();
  const [text, setText] = useState(name);
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim() && !isBusy) submit(text.trim());
  };
  return (
    <Dialog
      open
      onOpenChange={close}
      title={heading}
      description={description}
      footer={
        <>
          <Button onClick={close}>{shell.cancel}</Button>
          <Button look="primary" type="submit" form={form} disabled={!text.trim() || isBusy}>
            {button}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={onSubmit}>
        <Field label={t.name} error={error}>
          <Input
            value={text}
            maxLength={MAX_NAME}
            autoComplete="off"
            onFocus={(event) => event.target.select()}
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
