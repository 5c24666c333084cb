"use client";

import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { Field, Input } from "@/ui/field";
import { notify } from "@/ui/toast";
import { BudgetDialog } from "../budget/budget-dialog";
import { FormDialog } from "../dialog/form-dialog";
import { ChangeUserDialog } from "./change-user-dialog";
import { peopleMessages } from "./messages";
import { useEndSessions, useForget, type Person } from "./queries";

export interface AskedOfUser {
  person: Person;
  what: "change" | "budget" | "sessions" | "forget";
}

interface DialogProps {
  person: Person;
  close: () => void;
}

interface DialogsProps {
  asked: AskedOfUser;
  close: () => void;
  /** Takes the id of the job. */
  onForgotten: (job: string) => void;
}

export function UserDialogs({ asked: { person, what }, close, onForgotten }: DialogsProps) {
  if (what === "change") return <ChangeUserDialog person={person} close={close} />;
  if (what === "sessions") return <EndSessionsDialog person={person} close={close} />;
  if (what === "forget") return <ForgetDialog person={person} close={close} onForgotten={onForgotten} />;
  return <BudgetDialog owner={{ subject: "user", id: person.id, name: person.display_name }} close={close} />;
}

function EndSessionsDialog({ person, close }: DialogProps) {
  const t = useMessages(peopleMessages);
  const end = useEndSessions(person.id);
  const onEnded = () => {
    notify(t.sessions.done(person.display_name));
    close();
  };
  return (
    <FormDialog
      title={t.sessions.title(person.display_name)}
      description={t.sessions.text}
      submit={t.sessions.action}
      isPending={end.isPending}
      error={end.error}
      onSubmit={() => end.mutate(undefined, { onSuccess: onEnded })}
      close={close}
    />
  );
}

/** What is asked to be written is the address: names occur twice. */
function ForgetDialog({ person, close, onForgotten }: DialogProps & { onForgotten: (job: string) => void }) {
  const t = useMessages(peopleMessages);
  const forget = useForget(person.id);
  const [text, setText] = useState("");
  const word = person.email ?? person.display_name;
  const onSubmit = () =>
    forget.mutate(undefined, {
      onSuccess: (job) => {
        notify(t.forget.begun);
        onForgotten(job.id);
        close();
      },
    });
  return (
    <FormDialog
      title={t.forget.title(person.display_name)}
      description={t.forget.text}
      submit={t.forget.action}
      danger
      canSubmit={text.trim().toLowerCase() === word.toLowerCase()}
      isPending={forget.isPending}
      error={forget.error}
      onSubmit={onSubmit}
      close={close}
    >
      <ul className="flex list-disc flex-col gap-1 pl-5 text-sm">
        <li>{t.forget.erased}</li>
        <li>{t.forget.kept}</li>
        <li>{t.forget.again}</li>
      </ul>
      <Field label={t.forget.type(word)}>
        <Input autoComplete="off" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
    </FormDialog>
  );
}
