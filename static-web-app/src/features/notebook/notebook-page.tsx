"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useEffect } from "react";
import { useMessages } from "@/i18n/messages";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { notebookMessages } from "./messages";
import { useNotebooks } from "./queries";
import { Ended } from "./session/ended";
import { SessionPage } from "./session/session-page";
import { NotebooksPage } from "./sessions/notebooks-page";

/** `/notebook` lists the sessions, `/notebook?s=<id>` is one of them, `/notebook?c=<id>` the one of a conversation. */
export function NotebookPage() {
  const address = useSearchParams();
  const session = address.get("s");
  const conversation = address.get("c");
  if (session !== null) return <SessionPage key={session} id={session} />;
  if (conversation !== null) return <OfConversation id={conversation} />;
  return <NotebooksPage />;
}

/** Conversations do not name their session, but sessions name their conversation. */
function OfConversation({ id }: { id: string }) {
  const t = useMessages(notebookMessages);
  const router = useRouter();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetching } = useNotebooks();
  const found = data?.find((notebook) => notebook.conversation_id === id);
  const isSearching = found === undefined && (isFetching || hasNextPage);
  useEffect(() => {
    if (found) router.replace(`/notebook?s=${found.id}`);
    else if (hasNextPage && !isFetching) void fetchNextPage();
  }, [found, hasNextPage, isFetching, fetchNextPage, router]);
  return (
    <Page title={t.notebooks}>
      {error ? (
        <ProblemView error={error} retry={() => void refetch()} />
      ) : found || isSearching ? (
        <Skeleton lines={4} />
      ) : (
        <Ended />
      )}
    </Page>
  );
}
