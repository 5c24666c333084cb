"use client";

import { NotebookText, Plus } from "lucide-react";
import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { notebookMessages } from "../messages";
import { useLimits, useNotebooks } from "../queries";
import { CreateDialog } from "./create-dialog";
import { NotebookLine } from "./notebook-line";

/** A person's notebooks, newest first, each with the time it has left. */
export function NotebooksPage() {
  const t = useMessages(notebookMessages);
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useNotebooks();
  const limits = useLimits();
  const [isNaming, setIsNaming] = useState(false);
  const isFull = limits !== undefined && data !== undefined && data.length >= limits.sessions_per_user;
  const create = (
    <Button look="primary" size="small" disabled={isFull} onClick={() => setIsNaming(true)}>
      <Plus aria-hidden />
      {t.create}
    </Button>
  );
  return (
    <Page title={t.notebooks} narrow actions={data && data.length > 0 && create}>
      {isPending && <Skeleton lines={6} />}
      {error && !data && <ProblemView error={error} retry={() => void refetch()} />}
      {data?.length === 0 && (
        <EmptyState icon={<NotebookText />} title={t.none} action={create}>
          {t.noneText}
        </EmptyState>
      )}
      {isFull && <p className="text-sm text-warning">{t.full(limits.sessions_per_user)}</p>}
      {data && data.length > 0 && (
        <ul className="divide-y divide-line rounded border border-line">
          {data.map((notebook) => (
            <NotebookLine key={notebook.id} notebook={notebook} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button className="self-center" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t.more}
        </Button>
      )}
      {isNaming && <CreateDialog close={() => setIsNaming(false)} />}
    </Page>
  );
}
