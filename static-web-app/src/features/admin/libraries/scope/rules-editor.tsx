"use client";

import { Plus, Trash2 } from "lucide-react";
import { ApiError } from "@/api/problem";
import { useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { Button, IconButton } from "@/ui/button";
import { Input } from "@/ui/field";
import { isWithin, reachOf } from "../../scope/scope";
import { CountrySelect, DepartmentSelect } from "../../scope/scope-fields";
import type { FolderRule } from "../queries";
import { ruleMessages } from "./messages";

interface RulesEditorProps {
  rules: FolderRule[];
  /** As they are stored: what of them is outside the caller's reach stays as it is. */
  stored?: FolderRule[];
  onChange: (rules: FolderRule[]) => void;
  /** What the API said of them. */
  error?: unknown;
}

/** Who may read which folder, where that differs from what the library says. */
export function RulesEditor({ rules, stored = [], onChange, error }: RulesEditorProps) {
  const t = useMessages(ruleMessages);
  const reach = reachOf(useUser());
  const change = (index: number, changed: Partial<FolderRule>) =>
    onChange(rules.map((rule, at) => (at === index ? { ...rule, ...changed } : rule)));
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-sm font-semibold">{t.title}</legend>
      <p className="text-xs text-muted">{t.text}</p>
      {rules.length > 0 && (
        <ul className="flex flex-col gap-3 sm:gap-2">
          {rules.map((rule, index) => {
            const isOthers = stored.includes(rule) && !isWithin(reach, rule);
            const wrong = error instanceof ApiError && error.fieldError(`/scope_rules/${index}/path_prefix`);
            return (
              // rules have no names of their own: their place is what they are known by while they are edited
              <li key={index} className="flex flex-col gap-1">
                <div className="grid grid-cols-[1fr_auto] gap-2 sm:grid-cols-[2fr_1fr_1fr_auto]">
                  <Input
                    aria-label={t.path(index + 1)}
                    aria-invalid={wrong ? true : undefined}
                    placeholder={t.folderHint}
                    value={rule.path_prefix}
                    disabled={isOthers}
                    onChange={(event) => change(index, { path_prefix: event.target.value })}
                  />
                  <IconButton
                    label={t.remove(rule.path_prefix)}
                    className="mt-0.5 sm:order-last"
                    disabled={isOthers}
                    onClick={() => onChange(rules.filter((_, at) => at !== index))}
                  >
                    <Trash2 />
                  </IconButton>
                  <DepartmentSelect
                    label={t.department(index + 1)}
                    scope={rule}
                    disabled={isOthers}
                    onChange={(scope) => change(index, scope)}
                  />
                  <CountrySelect
                    label={t.country(index + 1)}
                    scope={rule}
                    disabled={isOthers}
                    onChange={(scope) => change(index, scope)}
                  />
                </div>
                {wrong && <p className="text-xs text-danger">{wrong}</p>}
                {isOthers && <p className="text-xs text-muted">{t.notYours}</p>}
              </li>
            );
          })}
        </ul>
      )}
      <Button size="small" className="self-start" onClick={() => onChange([...rules, { path_prefix: "", ...reach }])}>
        <Plus />
        {t.add}
      </Button>
    </fieldset>
  );
}
