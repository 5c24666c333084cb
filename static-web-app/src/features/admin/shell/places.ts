import {
  BookOpenText,
  Building2,
  ChartColumn,
  CircleHelp,
  Coins,
  DatabaseZap,
  FileClock,
  Files,
  Flag,
  FlaskConical,
  LayoutDashboard,
  LibraryBig,
  MessageSquareWarning,
  Plug,
  ScrollText,
  Users,
  type LucideIcon,
} from "lucide-react";
import type { Role } from "@/api/session";
import { isAtLeast } from "@/api/use-user";
import type { AdminMessages } from "./messages";

export type AdminGroup = "knowledge" | "people" | "answers" | "insight";

export interface AdminPlace {
  href: string;
  label: (t: AdminMessages) => string;
  icon: LucideIcon;
  /** The least role that is shown the way there, and the page. */
  least: Role;
  group: AdminGroup;
}

/** Every page of the administration, in the order of its menu; a test holds it against the pages that there are. */
export const ADMIN_PLACES: readonly AdminPlace[] = [
  { href: "/admin", label: (t) => t.overview, icon: LayoutDashboard, least: "content_manager", group: "knowledge" },
  {
    href: "/admin/libraries",
    label: (t) => t.libraries,
    icon: LibraryBig,
    least: "content_manager",
    group: "knowledge",
  },
  { href: "/admin/documents", label: (t) => t.documents, icon: Files, least: "content_manager", group: "knowledge" },
  {
    href: "/admin/documents/explain",
    label: (t) => t.explain,
    icon: CircleHelp,
    least: "content_manager",
    group: "knowledge",
  },
  {
    href: "/admin/search-index",
    label: (t) => t.searchIndex,
    icon: DatabaseZap,
    least: "super_admin",
    group: "knowledge",
  },
  { href: "/admin/users", label: (t) => t.users, icon: Users, least: "super_admin", group: "people" },
  { href: "/admin/departments", label: (t) => t.departments, icon: Building2, least: "super_admin", group: "people" },
  { href: "/admin/countries", label: (t) => t.countries, icon: Flag, least: "super_admin", group: "people" },
  { href: "/admin/providers", label: (t) => t.providers, icon: Plug, least: "super_admin", group: "answers" },
  { href: "/admin/prompts", label: (t) => t.prompts, icon: BookOpenText, least: "content_manager", group: "answers" },
  { href: "/admin/budgets", label: (t) => t.budgets, icon: Coins, least: "super_admin", group: "answers" },
  {
    href: "/admin/feedback",
    label: (t) => t.feedback,
    icon: MessageSquareWarning,
    least: "content_manager",
    group: "insight",
  },
  {
    href: "/admin/feedback/cases",
    label: (t) => t.evalCases,
    icon: FlaskConical,
    least: "content_manager",
    group: "insight",
  },
  {
    href: "/admin/analytics",
    label: (t) => t.analytics,
    icon: ChartColumn,
    least: "content_manager",
    group: "insight",
  },
  { href: "/admin/audit", label: (t) => t.audit, icon: ScrollText, least: "super_admin", group: "insight" },
  { href: "/admin/retention", label: (t) => t.retention, icon: FileClock, least: "super_admin", group: "insight" },
];

export function adminPlacesOf(role: Role): AdminPlace[] {
  return ADMIN_PLACES.filter((place) => isAtLeast(role, place.least));
}

/** The place that an address belongs to: the longest that it lies at or below. */
export function adminPlaceAt(path: string): AdminPlace | undefined {
  const above = ADMIN_PLACES.filter(({ href }) => path === href || path.startsWith(`${href}/`));
  return above.toSorted((a, b) => b.href.length - a.href.length)[0];
}
