"use client";

import { ShieldOff } from "lucide-react";
import { usePathname } from "next/navigation";
import { Suspense, type ReactNode } from "react";
import { isAtLeast, useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";
import { adminPlaceAt } from "./places";

/** Says at once what a role does not open, instead of a page full of refused requests; what it may do, the API decides.
 *  Its boundary is for pages that read the address. */
export function AdminGate({ children }: { children: ReactNode }) {
  const t = useMessages(shellMessages);
  const { role } = useUser();
  const place = adminPlaceAt(usePathname());
  if (isAtLeast(role, place?.least ?? "super_admin")) return <Suspense>{children}</Suspense>;
  return (
    <Page title={t.administration}>
      <EmptyState
        icon={<ShieldOff />}
        title={t.notAllowedTitle}
        action={<ButtonLink href="/chat">{t.toChat}</ButtonLink>}
      >
        {t.notAllowedText}
      </EmptyState>
    </Page>
  );
}
