import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type QueryClient,
} from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";

export type Conversation = ReplyOf<"/conversations/{conversation_id}", "get">;
type ConversationPage = ReplyOf<"/conversations", "get">;
export type ListedConversation = ConversationPage["items"][number];

export const conversationKey = (id: string | null) => ["conversation", id] as const;
const LISTS = ["conversations"];
const PAGE = 100;

/** The person's conversations, newest first, page by page. */
export function useConversations(search: string) {
  return useInfiniteQuery({
    queryKey: [...LISTS, search],
    queryFn: ({ pageParam, signal }) =>
      api.get("/conversations", { query: { q: search || null, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
}

export function useConversation(id: string | null) {
  return useQuery({
    queryKey: conversationKey(id),
    queryFn: ({ signal }) =>
      api.get("/conversations/{conversation_id}", { path: { conversation_id: id ?? "" }, signal }),
    enabled: id !== null,
  });
}

export function listsChanged(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ queryKey: LISTS });
}

/** What is known of a conversation's title, everywhere it is shown. */
export function titleChanged(queries: QueryClient, id: string, title: string): void {
  queries.setQueryData<Conversation>(conversationKey(id), (known) => known && { ...known, title });
  queries.setQueriesData<InfiniteData<ConversationPage>>({ queryKey: LISTS }, (known) =>
    changed(known, (items) => items.map((item) => (item.id === id ? { ...item, title } : item))),
  );
}

function changed(
  known: InfiniteData<ConversationPage> | undefined,
  change: (items: ListedConversation[]) => ListedConversation[],
): InfiniteData<ConversationPage> | undefined {
  return known && { ...known, pages: known.pages.map((page) => ({ ...page, items: change(page.items) })) };
}

export function useRename() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) =>
      api.patch("/conversations/{conversation_id}", { path: { conversation_id: id }, body: { title } }),
    onSuccess: (renamed) => titleChanged(queries, renamed.id, renamed.title ?? ""),
  });
}

export function useDelete() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.delete("/conversations/{conversation_id}", { path: { conversation_id: id } }),
    onSuccess: (_, id) => {
      queries.removeQueries({ queryKey: conversationKey(id) });
      queries.setQueriesData<InfiniteData<ConversationPage>>({ queryKey: LISTS }, (known) =>
        changed(known, (items) => items.filter((item) => item.id !== id)),
      );
    },
  });
}

export type Rating = "positive" | "negative";

/** Rates an answer, or takes the rating back (`rating` null). */
export function useFeedback(conversationId: string | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({
      messageId,
      rating,
      comment,
    }: {
      messageId: string;
      rating: Rating | null;
      comment?: string;
    }) => {
      const path = { message_id: messageId };
      if (rating === null) {
        await api.delete("/messages/{message_id}/feedback", { path });
        return null;
      }
      return api.put("/messages/{message_id}/feedback", { path, body: { rating, comment: comment || null } });
    },
    onSuccess: (feedback, { messageId }) =>
      queries.setQueryData<Conversation>(
        conversationKey(conversationId),
        (known) =>
          known && {
            ...known,
            messages: known.messages.map((message) => (message.id === messageId ? { ...message, feedback } : message)),
          },
      ),
  });
}
