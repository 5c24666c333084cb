import { MessageSquare, NotebookText, Settings2, type LucideIcon } from "lucide-react";
import type { Role } from "@/api/session";
import type { shellMessages } from "@/i18n/shell";

export interface Place {
  href: string;
  label: (t: (typeof shellMessages)["en"]) => string;
  icon: LucideIcon;
  /** The least role that is shown the way there. */
  least: Role;
}

/** Where one can go: the left column and the palette are made from this. */
export const PLACES: readonly Place[] = [
  { href: "/chat", label: (t) => t.chats, icon: MessageSquare, least: "user" },
  { href: "/notebook", label: (t) => t.notebooks, icon: NotebookText, least: "user" },
  { href: "/admin", label: (t) => t.administration, icon: Settings2, least: "content_manager" },
];
