"use client";

import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { adminMessages } from "../shell/messages";

interface MoreProps {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** The end of a list that goes on; takes what `useInfiniteQuery` gives. */
export function MoreButton({ hasNextPage, isFetchingNextPage, fetchNextPage }: MoreProps) {
  const t = useMessages(adminMessages);
  if (!hasNextPage) return null;
  return (
    <Button className="self-center" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
      {t.more}
    </Button>
  );
}
