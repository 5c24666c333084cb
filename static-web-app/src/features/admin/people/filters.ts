import type { Role } from "@/api/session";
import type { operations } from "@/api/schema";
import type { Filters } from "../table/use-filters";

export const USER_FILTERS = ["q", "role", "department", "country", "active"] as const;
export type UserFilters = Omit<NonNullable<operations["list_users"]["parameters"]["query"]>, "limit" | "cursor">;

export const ROLES: readonly Role[] = ["user", "content_manager", "super_admin"];

/** What the address asks for, as the API takes it; what cannot be meant is not asked. */
export function userFiltersOf(filters: Filters<(typeof USER_FILTERS)[number]>): UserFilters {
  const { q, role, department, country, active } = filters;
  return {
    q: q || undefined,
    role: ROLES.find((each) => each === role),
    department_id: department || undefined,
    country_id: country || undefined,
    is_active: active === "yes" ? true : active === "no" ? false : undefined,
  };
}
