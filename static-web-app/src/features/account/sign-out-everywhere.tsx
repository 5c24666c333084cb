"use client";

import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { ConfirmDialog } from "@/ui/dialog";
import { notify } from "@/ui/toast";
import { accountMessages } from "./messages";
import { signOut } from "./sign-in";

export function SignOutEverywhere({ close }: { close: () => void }) {
  const t = useMessages(accountMessages);
  const shell = useMessages(shellMessages);
  return (
    <ConfirmDialog
      open
      onOpenChange={close}
      title={t.signOutEverywhere}
      description={t.signOutEverywhereText}
      confirm={t.signOutEverywhere}
      onConfirm={() =>
        signOut({ everywhere: true }).catch((error: unknown) => notify(sentenceOf(error, shell), "danger"))
      }
    />
  );
}
