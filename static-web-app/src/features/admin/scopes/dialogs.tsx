"use client";

import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Field, Input } from "@/ui/field";
import { notify } from "@/ui/toast";
import { fieldErrorOf, FormDialog } from "../dialog/form-dialog";
import type { Department } from "../scope/scope";
import { scopeMessages } from "./messages";
import { useSaveDepartment } from "./queries";

/** Adds a department, or renames the one that is given. */
export function DepartmentDialog({ department, close }: { department: Department | null; close: () => void }) {
  const t = useMessages(scopeMessages);
  const shell = useMessages(shellMessages);
  const [text, setText] = useState(department?.name ?? "");
  const save = useSaveDepartment(department?.id ?? null);
  const name = text.trim();
  const onSaved = () => {
    notify(t.saved(name));
    close();
  };
  return (
    <FormDialog
      title={department ? t.department.changeTitle : t.department.addTitle}
      description={department ? t.department.changeText : undefined}
      submit={department ? shell.save : t.department.add}
      canSubmit={name !== "" && name !== department?.name}
      isPending={save.isPending}
      error={save.error}
      ownFields={["/name"]}
      onSubmit={() => save.mutate({ name }, { onSuccess: onSaved })}
      close={close}
    >
      <Field label={t.name} error={fieldErrorOf(save.error, "/name")}>
        <Input value={text} maxLength={100} onChange={(event) => setText(event.target.value)} />
      </Field>
    </FormDialog>
  );
}

interface Removal {
  isPending: boolean;
  error: unknown;
  mutate: (wish: undefined, options: { onSuccess: () => void }) => void;
}

/** A department or country in use is refused, and by whom it is in use is said in the dialog. */
export function DeleteScopeDialog({
  name,
  text,
  remove,
  close,
}: {
  name: string;
  text: string;
  remove: Removal;
  close: () => void;
}) {
  const t = useMessages(scopeMessages);
  const onSuccess = () => {
    notify(t.removed(name));
    close();
  };
  return (
    <FormDialog
      title={t.removeTitle(name)}
      description={text}
      submit={t.remove}
      danger
      isPending={remove.isPending}
      error={remove.error}
      onSubmit={() => remove.mutate(undefined, { onSuccess })}
      close={close}
    />
  );
}
