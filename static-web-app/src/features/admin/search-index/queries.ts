import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";

export type IndexState = ReplyOf<"/admin/index", "get">;
export type Index = IndexState["serving"];

const INDEX = ["admin", "index"] as const;

/** Looked at again while one is built. */
export function useIndexState({ enabled = true }: { enabled?: boolean } = {}) {
  return useQuery({
    queryKey: INDEX,
    queryFn: ({ signal }) => api.get("/admin/index", { signal }),
    enabled,
    refetchInterval: (query) => (query.state.data?.next ? 3_000 : false),
  });
}

export function useRebuild() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.post("/admin/index/rebuild"),
    onSuccess: (state) => queries.setQueryData(INDEX, state),
  });
}
