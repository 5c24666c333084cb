"use client";

import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { CountrySelect, DepartmentSelect } from "../scope/scope-fields";
import { adminMessages } from "../shell/messages";
import { SearchBox } from "../table/search-box";
import type { Filters } from "../table/use-filters";
import { ROLES, type USER_FILTERS } from "./filters";
import { peopleMessages } from "./messages";

type Named = Filters<(typeof USER_FILTERS)[number]>;

export function UserFilterBar({ filters, change }: { filters: Named; change: (change: Partial<Named>) => void }) {
  const t = useMessages(peopleMessages);
  const shell = useMessages(shellMessages);
  const admin = useMessages(adminMessages);
  const scope = { department_id: filters.department || null, country_id: filters.country || null };
  const isNarrowed = Object.values(filters).some(Boolean);
  return (
    <div className="flex flex-wrap items-center gap-2 sm:[&_select]:w-auto [&_select]:max-w-full">
      <SearchBox label={t.search} clear={t.clearSearch} value={filters.q} onValueChange={(q) => change({ q })} />
      <Select aria-label={t.role} value={filters.role} onChange={(event) => change({ role: event.target.value })}>
        <option value="">{t.everyRole}</option>
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {shell.role[role]}
          </option>
        ))}
      </Select>
      <DepartmentSelect
        label={admin.department}
        scope={scope}
        onChange={({ department_id }) => change({ department: department_id ?? "" })}
      />
      <CountrySelect
        label={admin.country}
        scope={scope}
        onChange={({ country_id }) => change({ country: country_id ?? "" })}
      />
      <Select
        aria-label={t.activity}
        value={filters.active}
        onChange={(event) => change({ active: event.target.value })}
      >
        <option value="">{t.activeOrNot}</option>
        <option value="yes">{t.active}</option>
        <option value="no">{t.inactive}</option>
      </Select>
      {isNarrowed && (
        <Button look="quiet" onClick={() => change({ q: "", role: "", department: "", country: "", active: "" })}>
          {t.clearFilters}
        </Button>
      )}
    </div>
  );
}
