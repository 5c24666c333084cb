import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import { conversationKey, titleChanged } from "../queries";
import { changeLists } from "./conversations";

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
      changeLists(queries, (items) => items.filter((item) => item.id !== id));
    },
  });
}
