"use client";

import { SearchX } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";

/** In the place of a page that does not exist. */
export function Nowhere() {
  const t = useMessages(shellMessages);
  return (
    <Page title="Nexus">
      <EmptyState icon={<SearchX />} title={t.notFoundTitle} action={<ButtonLink href="/chat">{t.toChat}</ButtonLink>}>
        {t.notFoundText}
      </EmptyState>
    </Page>
  );
}
