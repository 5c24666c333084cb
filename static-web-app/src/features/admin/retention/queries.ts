import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { Retention } from "./draft";

export type RetentionState = ReplyOf<"/admin/retention", "get">;

const RETENTION = ["admin", "retention"] as const;

export function useRetention() {
  return useQuery({
    queryKey: RETENTION,
    queryFn: ({ signal }) => api.get("/admin/retention", { signal }),
    // a form is made of it: it must not change under somebody's hands
    refetchOnWindowFocus: false,
  });
}

export function useSetRetention() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wanted: Retention) => api.put("/admin/retention", { body: wanted }),
    onSuccess: (state) => queries.setQueryData(RETENTION, state),
  });
}
