"use client";

import { Hourglass, Plus } from "lucide-react";
import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { Button, ButtonLink } from "@/ui/button";
import { EmptyState } from "@/ui/states";
import { notebookMessages } from "../messages";
import { CreateDialog } from "../sessions/create-dialog";

/** What is at the address of a notebook whose time is over. The API does not tell it from one that never was. */
export function Ended() {
  const t = useMessages(notebookMessages);
  const [isNaming, setIsNaming] = useState(false);
  return (
    <EmptyState
      icon={<Hourglass />}
      title={t.endedTitle}
      action={
        <>
          <Button look="primary" onClick={() => setIsNaming(true)}>
            <Plus aria-hidden />
            {t.create}
          </Button>
          <ButtonLink href="/notebook">{t.all}</ButtonLink>
        </>
      }
    >
      {t.endedText}
      {isNaming && <CreateDialog close={() => setIsNaming(false)} />}
    </EmptyState>
  );
}
