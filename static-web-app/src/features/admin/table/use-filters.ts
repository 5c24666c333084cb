import { useSearchParams } from "next/navigation";
import { useMemo } from "react";

export type Filters<Name extends string> = Readonly<Record<Name, string>>;

/** What a list is narrowed to, kept in the address: a view can be linked to, and the browser's Back undoes it. "" is
 *  what is not asked for. `names` must be the same at every call: a constant of the module. */
export function useFilters<Name extends string>(
  names: readonly Name[],
): [Filters<Name>, (change: Partial<Filters<Name>>) => void] {
  const search = useSearchParams();
  const filters = useMemo(
    () => Object.fromEntries(names.map((name) => [name, search.get(name) ?? ""])) as Filters<Name>,
    [names, search],
  );
  const change = (changed: Partial<Filters<Name>>) =>
    // Next.js follows the history; its router would ask the server for a page that is there already
    window.history.replaceState(null, "", addressWith(window.location.pathname, window.location.search, changed));
  return [filters, change];
}

/** An address with some of its query changed, and the rest as it was. */
export function addressWith(
  path: string,
  search: string,
  changed: Readonly<Record<string, string | undefined>>,
): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changed)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  return query.size > 0 ? `${path}?${query}` : path;
}
