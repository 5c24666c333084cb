"use client";

import { useMessages } from "@/i18n/messages";
import { Field, Select } from "@/ui/field";
import { useCountries, useDepartments, type Scope } from "../scope/scope";
import { adminMessages } from "../shell/messages";
import { peopleMessages } from "./messages";

interface FieldsProps {
  scope: Scope;
  onChange: (scope: Scope) => void;
}

/** What a person belongs to. Unlike for documents, where none is everyone's, a person of none reads only what is for
 *  everyone. */
export function PersonScopeFields({ scope, onChange }: FieldsProps) {
  const t = useMessages(peopleMessages);
  const admin = useMessages(adminMessages);
  const { data: departments } = useDepartments();
  const { data: countries } = useCountries();
  return (
    <div className="flex flex-col gap-1">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={admin.department}>
          <OneOf
            value={scope.department_id}
            options={departments}
            none={t.noDepartment}
            onChange={(department_id) => onChange({ ...scope, department_id })}
          />
        </Field>
        <Field label={admin.country}>
          <OneOf
            value={scope.country_id}
            options={countries}
            none={t.noCountry}
            onChange={(country_id) => onChange({ ...scope, country_id })}
          />
        </Field>
      </div>
      <p className="text-xs text-muted">{t.change.scopeHint}</p>
    </div>
  );
}

interface OneOfProps {
  value: string | null;
  /** Undefined while they are on their way: then nothing can be chosen. */
  options: { id: string; name: string }[] | undefined;
  none: string;
  onChange: (value: string | null) => void;
}

function OneOf({ value, options, none, onChange }: OneOfProps) {
  return (
    <Select value={value ?? ""} disabled={!options} onChange={(event) => onChange(event.target.value || null)}>
      <option value="">{none}</option>
      {options?.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
      {value !== null && !options && <option value={value}>…</option>}
    </Select>
  );
}
