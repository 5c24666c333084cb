"use client";

import { Menu } from "lucide-react";
import type { ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { IconButton } from "./button";
import { classes } from "./classes";
import { useNavigation } from "./navigation";

/** The line above a page: its name (the page's only h1), and what can be done with it as a whole. */
export function PageHeader({ title, actions }: { title: ReactNode; actions?: ReactNode }) {
  const t = useMessages(shellMessages);
  const { open, setOpen } = useNavigation();
  return (
    <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line px-3 lg:px-5">
      <IconButton label={t.openNavigation} aria-expanded={open} className="lg:hidden" onClick={() => setOpen(true)}>
        <Menu />
      </IconButton>
      <h1 className="min-w-0 flex-1 truncate text-base font-semibold max-sm:line-clamp-2 max-sm:leading-4.5 max-sm:whitespace-normal">
        {title}
      </h1>
      {actions}
    </header>
  );
}

/** A page that scrolls as a whole, as those of administration do. */
export function Page({
  title,
  actions,
  narrow,
  children,
}: {
  title: ReactNode;
  actions?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="flex h-full min-w-0 flex-1 flex-col">
      <PageHeader title={title} actions={actions} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div
          className={classes(
            "mx-auto flex w-full flex-col gap-4 px-4 py-5 lg:px-6",
            narrow ? "max-w-3xl" : "max-w-6xl",
          )}
        >
          {children}
        </div>
      </div>
    </div>
  );
}
