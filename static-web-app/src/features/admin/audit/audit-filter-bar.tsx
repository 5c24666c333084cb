"use client";

import { X } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useMessages } from "@/i18n/messages";
import { Button, IconButton } from "@/ui/button";
import { Field, Select } from "@/ui/field";
import { DayRange } from "../table/day-range";
import { Finder, type Found } from "../table/finder";
import { SearchBox } from "../table/search-box";
import { actionMessages, actionWords } from "./actions";
import { auditMessages } from "./messages";
import type { AuditFilters } from "./queries";

interface FilterBarProps {
  filters: AuditFilters;
  names: ReadonlyMap<string, string>;
  change: (change: Partial<AuditFilters>) => void;
  /** Left out while there is nothing to clear. */
  clear: (() => void) | undefined;
}

export function AuditFilterBar({ filters, names, change, clear }: FilterBarProps) {
  const t = useMessages(auditMessages);
  const words = useMessages(actionMessages);
  const actions = Object.keys(words);
  // one that a link asks for is shown also where it is not known here
  if (filters.action && !actions.includes(filters.action)) actions.unshift(filters.action);
  return (
    <div className="flex flex-col gap-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <ActorField actor={filters.actor} names={names} onChange={(actor) => change({ actor })} />
        <Field label={t.action}>
          <Select value={filters.action} onChange={(event) => change({ action: event.target.value })}>
            <option value="">{t.everyAction}</option>
            {actions.map((action) => (
              <option key={action} value={action}>
                {actionWords(words, action)}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <SearchBox
          label={t.target}
          clear={t.clearTarget}
          value={filters.target}
          onValueChange={(target) => change({ target })}
        />
        <DayRange from={filters.from} to={filters.to} onChange={change} />
        {clear && (
          <Button look="quiet" onClick={clear}>
            {t.clearFilters}
          </Button>
        )}
      </div>
    </div>
  );
}

// one function for all renders, or each of them would take the focus
const focus = (button: HTMLButtonElement | null) => button?.focus();

interface ActorFieldProps {
  actor: string;
  names: ReadonlyMap<string, string>;
  onChange: (actor: string) => void;
}

/** Somebody, once found; a field to find them before. */
function ActorField({ actor, names, onChange }: ActorFieldProps) {
  const t = useMessages(auditMessages);
  // the log's own names are those of staff alone
  const [chosen, setChosen] = useState<Found | null>(null);
  const find = async (text: string, signal: AbortSignal): Promise<Found[]> => {
    const { items } = await api.get("/admin/users", { query: { q: text, limit: 8 }, signal });
    return items.map(({ id, display_name: label, email }) => ({ id, label, detail: email }));
  };
  const choose = (found: Found) => {
    setChosen(found);
    onChange(found.id);
  };
  if (actor === "") {
    return (
      <Finder
        label={t.person}
        placeholder={t.personHint}
        name="people"
        find={find}
        onChosen={choose}
        onText={() => undefined}
      />
    );
  }
  const name = chosen?.id === actor ? chosen.label : (names.get(actor) ?? actor);
  return (
    <div className="flex flex-col gap-1">
      <p className="text-sm font-semibold">{t.person}</p>
      <p className="flex h-9 items-center gap-1 rounded border border-line bg-hover pl-2.5 text-sm">
        <span className="min-w-0 flex-1 truncate">{name}</span>
        <IconButton
          label={t.clearPerson}
          // who has just chosen stands where the field was
          ref={chosen?.id === actor ? focus : undefined}
          onClick={() => onChange("")}
        >
          <X />
        </IconButton>
      </p>
    </div>
  );
}
