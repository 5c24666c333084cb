"use client";

import { ChevronsUpDown } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Menu } from "@/ui/menu";

const AccountMenuItems = dynamic(() => import("./account-menu-items").then((module) => module.AccountMenuItems));
const SignOutEverywhere = dynamic(() => import("./sign-out-everywhere").then((module) => module.SignOutEverywhere));

/** Who is signed in and what they may read, and all that belongs to a person. */
export function AccountMenu({ showShortcuts }: { showShortcuts: () => void }) {
  const user = useUser();
  const shell = useMessages(shellMessages);
  const [asking, setAsking] = useState(false);
  const scope = [user.department?.name ?? shell.noDepartment, user.country?.code ?? shell.noCountry].join(" · ");
  return (
    <>
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            className="flex w-full items-center gap-2 rounded px-2 py-1.5 text-left text-sm hover:bg-hover data-[state=open]:bg-hover"
          >
            <span className="min-w-0 flex-1">
              <span className="block truncate font-semibold">{user.display_name}</span>
              <span className="block truncate text-xs text-muted">{scope}</span>
            </span>
            <ChevronsUpDown aria-hidden className="size-4 text-muted" />
          </button>
        }
      >
        <AccountMenuItems showShortcuts={showShortcuts} signOutEverywhere={() => setAsking(true)} />
      </Menu>
      {asking && <SignOutEverywhere close={() => setAsking(false)} />}
    </>
  );
}
