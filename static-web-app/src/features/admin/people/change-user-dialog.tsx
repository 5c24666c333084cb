"use client";

import { useState } from "react";
import { useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Checkbox } from "@/ui/field";
import { notify } from "@/ui/toast";
import { FormDialog } from "../dialog/form-dialog";
import { RadioGroup } from "../dialog/radio-group";
import { changeOf, rightsOf } from "./change";
import { ROLES } from "./filters";
import { peopleMessages } from "./messages";
import { PersonScopeFields } from "./person-scope-fields";
import { useChangeUser, type Person } from "./queries";

export function ChangeUserDialog({ person, close }: { person: Person; close: () => void }) {
  const t = useMessages(peopleMessages);
  const shell = useMessages(shellMessages);
  const isSelf = useUser().id === person.id;
  const before = rightsOf(person);
  const [rights, setRights] = useState(before);
  const save = useChangeUser(person.id);
  const change = changeOf(before, rights);
  const onSaved = () => {
    notify(t.change.done(person.display_name));
    close();
  };
  return (
    <FormDialog
      title={t.change.title(person.display_name)}
      description={isSelf ? t.change.isYou : t.change.text}
      submit={shell.save}
      canSubmit={Object.keys(change).length > 0}
      isPending={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(change, { onSuccess: onSaved })}
      close={close}
    >
      <RadioGroup
        label={t.role}
        value={rights.role}
        onValueChange={(role) => setRights({ ...rights, role })}
        choices={ROLES.map((role) => ({ value: role, label: shell.role[role], hint: t.roleHint[role] }))}
      />
      <PersonScopeFields scope={rights} onChange={(scope) => setRights({ ...rights, ...scope })} />
      <Checkbox
        checked={rights.is_active}
        onChange={(event) => setRights({ ...rights, is_active: event.target.checked })}
        label={
          <>
            {t.change.access}
            <span className="block text-xs text-muted">{t.change.accessHint}</span>
          </>
        }
      />
    </FormDialog>
  );
}
