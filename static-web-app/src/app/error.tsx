"use client";

import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";

/** A page that threw while it was drawn; the frame around it stays. */
export default function BrokenPage({ error, reset }: { error: Error; reset: () => void }) {
  const t = useMessages(shellMessages);
  return (
    <Page title={t.brokenTitle} narrow>
      <ProblemView error={error} retry={reset} />
    </Page>
  );
}
