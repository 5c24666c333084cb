import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { Role } from "@/api/session";
import { momentOf } from "../table/days";
import type { Filters } from "../table/use-filters";
import { wholeList } from "../table/whole-list";

export type AuditEntry = ReplyOf<"/admin/audit", "get">["items"][number];
export const AUDIT_FILTERS = ["actor", "action", "target", "from", "to"] as const;
export type AuditFilters = Filters<(typeof AUDIT_FILTERS)[number]>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What the address asks for, as the API takes it; what cannot be meant is not asked. */
export function auditQueryOf({ actor, action, target, from, to }: AuditFilters) {
  return {
    actor: UUID.test(actor) ? actor : null,
    action: action || null,
    target: target || null,
    from: momentOf(from, "from") ?? null,
    to: momentOf(to, "to") ?? null,
  };
}

export function useAudit(filters: AuditFilters) {
  return useInfiniteQuery({
    queryKey: ["admin", "audit", filters],
    queryFn: ({ pageParam, signal }) =>
      api.get("/admin/audit", { query: { ...auditQueryOf(filters), limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    staleTime: 0, // reading feedback adds to it
  });
}

const STEERING: readonly Role[] = ["super_admin", "content_manager"];

/** Names of those who steer, by id: nearly all that is in the log was done by them. */
export function useNamesOfStaff() {
  return useQuery({
    queryKey: ["admin", "audit", "staff"],
    queryFn: async ({ signal }) => {
      const lists = await Promise.all(
        STEERING.map((role) =>
          wholeList((cursor) => api.get("/admin/users", { query: { role, limit: 100, cursor }, signal })),
        ),
      );
      return new Map(lists.flat().map(({ id, display_name }) => [id, display_name]));
    },
    staleTime: 300_000,
  });
}
