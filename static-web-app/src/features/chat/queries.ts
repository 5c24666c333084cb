import { useQuery, type QueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import { changeLists } from "./list/conversations";

export type Conversation = ReplyOf<"/conversations/{conversation_id}", "get">;

const CONVERSATION = "conversation";

export const conversationKey = (id: string | null) => [CONVERSATION, id] as const;
export const CONVERSATIONS = [CONVERSATION] as const;

export function useConversation(id: string | null) {
  return useQuery({
    queryKey: conversationKey(id),
    queryFn: ({ signal }) =>
      api.get("/conversations/{conversation_id}", { path: { conversation_id: id ?? "" }, signal }),
    enabled: id !== null,
  });
}

/** What is known of a conversation's title, everywhere it is shown. */
export function titleChanged(queries: QueryClient, id: string, title: string): void {
  queries.setQueryData<Conversation>(conversationKey(id), (known) => known && { ...known, title });
  changeLists(queries, (items) => items.map((item) => (item.id === id ? { ...item, title } : item)));
}
