"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError } from "@/api/problem";
import { useMessages } from "@/i18n/messages";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { notebookMessages } from "../messages";
import { notebookChanged, useNotebook } from "../queries";
import { useSecondsLeft } from "../time-left";
import { Ended } from "./ended";
import { OpenSession } from "./open-session";

/** One notebook, while it lives. */
export function SessionPage({ id }: { id: string }) {
  const t = useMessages(notebookMessages);
  const queries = useQueryClient();
  const { data, error, refetch } = useNotebook(id);
  const left = useSecondsLeft(data?.session.endsAt ?? null);
  const isOver = left === 0;
  useEffect(() => {
    // from another tab it may have been pinned meanwhile
    if (isOver) void notebookChanged(queries, id);
  }, [isOver, queries, id]);
  // 422 is for an address that holds no id at all
  const isGone = error instanceof ApiError && (error.status === 404 || error.status === 422);
  if (isGone || isOver) {
    return (
      <Page title={t.notebooks}>
        <Ended />
      </Page>
    );
  }
  if (data) return <OpenSession notebook={data.session} files={data.files} left={left} />;
  return (
    <Page title={t.notebooks}>
      {error ? <ProblemView error={error} retry={() => void refetch()} /> : <Skeleton lines={6} />}
    </Page>
  );
}
