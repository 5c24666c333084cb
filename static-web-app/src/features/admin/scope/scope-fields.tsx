"use client";

import { useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { Field, Select } from "@/ui/field";
import { adminMessages } from "../shell/messages";
import { reachOf, useCountries, useDepartments, type Scope } from "./scope";

interface ScopeFieldsProps {
  scope: Scope;
  onChange: (scope: Scope) => void;
  disabled?: boolean;
}

/** Department and country, either of which may be everyone's; only what lies within the caller's reach is offered. */
export function ScopeFields(props: ScopeFieldsProps) {
  const t = useMessages(adminMessages);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label={t.department}>
        <DepartmentSelect {...props} />
      </Field>
      <Field label={t.country}>
        <CountrySelect {...props} />
      </Field>
    </div>
  );
}

interface SelectProps extends ScopeFieldsProps {
  /** Where no Field names it. */
  label?: string;
}

export function DepartmentSelect({ scope, onChange, disabled, label }: SelectProps) {
  const t = useMessages(adminMessages);
  const { data = [] } = useDepartments();
  return (
    <IdSelect
      label={label}
      value={scope.department_id}
      options={data}
      everyone={t.everyDepartment}
      gone={t.unknownDepartment}
      only={reachOf(useUser()).department_id}
      disabled={disabled}
      onChange={(department_id) => onChange({ ...scope, department_id })}
    />
  );
}

export function CountrySelect({ scope, onChange, disabled, label }: SelectProps) {
  const t = useMessages(adminMessages);
  const { data = [] } = useCountries();
  return (
    <IdSelect
      label={label}
      value={scope.country_id}
      options={data}
      everyone={t.everyCountry}
      gone={t.unknownCountry}
      only={reachOf(useUser()).country_id}
      disabled={disabled}
      onChange={(country_id) => onChange({ ...scope, country_id })}
    />
  );
}

interface IdSelectProps {
  label: string | undefined;
  value: string | null;
  options: { id: string; name: string }[];
  everyone: string;
  gone: string;
  /** The one that may be chosen; null when all may. */
  only: string | null;
  disabled: boolean | undefined;
  onChange: (value: string | null) => void;
}

function IdSelect({ label, value, options, everyone, gone, only, disabled, onChange }: IdSelectProps) {
  // what is chosen is shown also where it may not be chosen anew
  const offered = options.filter(({ id }) => only === null || id === only || id === value);
  const isListed = value === null || options.some(({ id }) => id === value);
  return (
    <Select
      {...(label ? { "aria-label": label } : {})}
      value={value ?? ""}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value || null)}
    >
      {(only === null || value === null) && <option value="">{everyone}</option>}
      {offered.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
      {!isListed && <option value={value}>{options.length === 0 ? "…" : gone}</option>}
    </Select>
  );
}
