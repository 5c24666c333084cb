/** The person's conversations, newest first, as far as they have been asked for. */
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, type ReplyOf } from "@/api/client";

/** `next_cursor` leads to those before the last one; null where there are none. */
export type ListedConversations = ReplyOf<"/conversations", "get">;
export type ListedConversation = ListedConversations["items"][number];

const LISTS = ["conversations"];
const PAGE = 100;

/** Asked for again is the newest page only, however many there are: the others are kept. */
export function useConversations(search: string) {
  const queries = useQueryClient();
  const list = useQuery({
    queryKey: [...LISTS, search],
    queryFn: async ({ signal }) =>
      withNewest(queries.getQueryData([...LISTS, search]), await pageOf(search, null, signal)),
    placeholderData: (before) => before,
  });
  const cursor = list.isPlaceholderData ? null : (list.data?.next_cursor ?? null);
  const fetchOlder = useCallback(async () => {
    if (cursor === null) return;
    // asked for more than once, it is fetched once
    const older = await queries.query({
      queryKey: ["older conversations", search, cursor],
      queryFn: ({ signal }) => pageOf(search, cursor, signal),
      staleTime: 0,
      gcTime: 0,
    });
    queries.setQueryData<ListedConversations>([...LISTS, search], (known) =>
      known?.next_cursor === cursor ? { ...older, items: [...known.items, ...older.items] } : known,
    );
  }, [queries, search, cursor]);
  return { ...list, fetchOlder };
}

function pageOf(search: string, cursor: string | null, signal: AbortSignal): Promise<ListedConversations> {
  return api.get("/conversations", { query: { q: search || null, limit: PAGE, cursor }, signal });
}

/** What is known, its beginning replaced by what has just come. What cannot be known to go on where that ends is
 *  dropped: it is asked for again when it is scrolled to. */
export function withNewest(known: ListedConversations | undefined, newest: ListedConversations): ListedConversations {
  const last = newest.items.at(-1);
  const at = known?.items.findIndex((item) => item.id === last?.id && item.updated_at === last.updated_at) ?? -1;
  if (!known || at < 0 || newest.next_cursor === null) return newest;
  const came = new Set(newest.items.map((item) => item.id));
  const older = known.items.slice(at + 1).filter((item) => !came.has(item.id));
  return { items: [...newest.items, ...older], next_cursor: known.next_cursor };
}

export function listsChanged(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ queryKey: LISTS });
}

type Items = ListedConversations["items"];

export function changeLists(queries: QueryClient, change: (items: Items) => Items): void {
  queries.setQueriesData<ListedConversations>(
    { queryKey: LISTS },
    (known) => known && { ...known, items: change(known.items) },
  );
}
