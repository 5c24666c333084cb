"use client";

import { useId, type ReactNode, type SyntheticEvent } from "react";
import { ApiError } from "@/api/problem";
import { useMessages } from "@/i18n/messages";
import { problemSentence } from "@/i18n/problems";
import { shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProblemView } from "@/ui/problem-view";

interface FormDialogProps {
  title: ReactNode;
  description?: ReactNode;
  /** The verb on the button that does it. */
  submit: string;
  danger?: boolean;
  wide?: boolean;
  canSubmit?: boolean;
  isPending: boolean;
  /** Why it was refused; the dialog stays open, so that it can be mended. */
  error: unknown;
  /** Fields, such as "/name", whose sentences the form shows itself. */
  ownFields?: readonly string[];
  onSubmit: () => void;
  close: () => void;
  children?: ReactNode;
}

/** One thing that is asked and done: Enter does it, and what is refused is said right there. */
export function FormDialog(props: FormDialogProps) {
  const shell = useMessages(shellMessages);
  const id = useId();
  const { title, description, submit, danger, wide, canSubmit = true, isPending, error, close } = props;
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (canSubmit && !isPending) props.onSubmit();
  };
  return (
    <Dialog
      open
      onOpenChange={close}
      title={title}
      description={description}
      wide={wide}
      footer={
        <>
          <Button onClick={close}>{shell.cancel}</Button>
          <Button look={danger ? "danger" : "primary"} type="submit" form={id} disabled={!canSubmit || isPending}>
            {submit}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={onSubmit} className="flex flex-col gap-4">
        {props.children}
        {error !== null && !isSaidElsewhere(error, props.ownFields ?? []) && <ProblemView error={error} />}
      </form>
    </Dialog>
  );
}

function isSaidElsewhere(error: unknown, ownFields: readonly string[]): boolean {
  return (
    error instanceof ApiError &&
    error.fields.length > 0 &&
    error.fields.every(({ pointer }) => ownFields.includes(pointer))
  );
}

/** What is wrong with one field, such as "/name"; where several are, in the API's words. */
export function fieldErrorOf(error: unknown, pointer: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const said = error.fieldError(pointer);
  return said && error.fields.length === 1 ? (problemSentence(error.code) ?? said) : said;
}
