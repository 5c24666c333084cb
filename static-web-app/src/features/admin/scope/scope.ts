import { useQuery } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { User } from "@/api/session";
import type { AdminMessages } from "../shell/messages";
import { wholeList } from "../table/whole-list";

export type Department = ReplyOf<"/admin/departments", "get">["items"][number];
export type Country = ReplyOf<"/admin/countries", "get">["items"][number];

/** Who may read: null is everyone. */
export interface Scope {
  department_id: string | null;
  country_id: string | null;
}

export const departmentsKey = ["admin", "departments"] as const;
export const countriesKey = ["admin", "countries"] as const;

export function useDepartments() {
  return useQuery({
    queryKey: departmentsKey,
    queryFn: ({ signal }) =>
      wholeList((cursor) => api.get("/admin/departments", { query: { limit: 100, cursor }, signal })),
  });
}

export function useCountries() {
  return useQuery({
    queryKey: countriesKey,
    queryFn: ({ signal }) =>
      wholeList((cursor) => api.get("/admin/countries", { query: { limit: 100, cursor }, signal })),
  });
}

/** "HR · Germany", or `open` where nothing narrows: "Everyone" of documents; of people, that they belong nowhere. */
export function scopeWords(
  t: AdminMessages,
  scope: { department?: string | null; country?: string | null },
  open = t.everyone,
): string {
  return [scope.department, scope.country].filter(Boolean).join(" · ") || open;
}

/** A function that names the scope of ids; what is not known yet has no words. */
export function useScopeWords(t: AdminMessages, open?: string): (scope: Scope) => string {
  const { data: departments } = useDepartments();
  const { data: countries } = useCountries();
  return ({ department_id, country_id }) => {
    if ((department_id !== null && !departments) || (country_id !== null && !countries)) return "…";
    const department = departments?.find(({ id }) => id === department_id)?.name ?? t.unknownDepartment;
    const country = countries?.find(({ id }) => id === country_id)?.name ?? t.unknownCountry;
    const names = { department: department_id && department, country: country_id && country };
    return scopeWords(t, names, open);
  };
}

/** How far somebody's hand reaches, as the API has it: a content manager's own department and country. */
export function reachOf(user: User): Scope {
  if (user.role === "super_admin") return { department_id: null, country_id: null };
  return { department_id: user.department?.id ?? null, country_id: user.country?.id ?? null };
}

/** Whether what has this scope lies within a reach; an open axis of the reach does not narrow. */
export function isWithin(reach: Scope, scope: Scope): boolean {
  return (
    (reach.department_id === null || reach.department_id === scope.department_id) &&
    (reach.country_id === null || reach.country_id === scope.country_id)
  );
}
