"use client";

import { Search, SquarePen } from "lucide-react";
import dynamic from "next/dynamic";
import { usePathname } from "next/navigation";
import { useUser, isAtLeast } from "@/api/use-user";
import { AccountMenu } from "@/features/account/account-menu";
import { ConversationList } from "@/features/chat/list/conversation-list";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Link } from "@/ui/link";
import { useNavigation } from "@/ui/navigation";
import { PLACES } from "./places";

const AdminMenu = dynamic(() => import("@/features/admin/shell/menu").then((module) => module.AdminMenu), {
  ssr: false,
  loading: () => <div className="flex-1" />,
});

export function Sidebar({ openPalette, showShortcuts }: { openPalette: () => void; showShortcuts: () => void }) {
  const t = useMessages(shellMessages);
  const user = useUser();
  const path = usePathname();
  const { setOpen } = useNavigation();
  const close = () => setOpen(false);
  return (
    <div className="flex min-h-0 w-full flex-1 flex-col">
      <div className="flex h-13 items-center gap-1 px-4">
        <Link href="/chat" onClick={close} className="flex-1 font-semibold tracking-tight">
          Nexus
        </Link>
        <IconButton label={t.palette} onClick={openPalette}>
          <Search />
        </IconButton>
      </div>
      <div className="px-2">
        <Link
          href="/chat"
          onClick={close}
          className="flex items-center gap-2 rounded px-2 py-1.5 text-sm font-semibold hover:bg-hover"
        >
          <SquarePen aria-hidden className="size-4 text-accent-text" />
          {t.newChat}
        </Link>
      </div>
      {path === "/admin" || path.startsWith("/admin/") ? (
        <AdminMenu onChosen={close} />
      ) : (
        <ConversationList onChosen={close} />
      )}
      <div className="flex flex-col gap-0.5 border-t border-line p-2">
        {PLACES.filter((place) => place.href !== "/chat" && isAtLeast(user.role, place.least)).map((place) => (
          <Link
            key={place.href}
            href={place.href}
            prefetch={false}
            onClick={close}
            aria-current={path.startsWith(place.href) ? "page" : undefined}
            className={classes(
              "flex items-center gap-2 rounded px-2 py-1.5 text-sm hover:bg-hover",
              path.startsWith(place.href) && "bg-hover font-semibold",
            )}
          >
            <place.icon aria-hidden className="size-4 text-muted" />
            {place.label(t)}
          </Link>
        ))}
        <AccountMenu showShortcuts={showShortcuts} />
      </div>
    </div>
  );
}
