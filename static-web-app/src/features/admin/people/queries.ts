import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { components } from "@/api/schema";
import type { UserFilters } from "./filters";

export type Person = ReplyOf<"/admin/users", "get">["items"][number];
export type UserChange = components["schemas"]["UserChange"];
export type ForgetJob = ReplyOf<"/admin/forget-jobs/{job_id}", "get">;

const USERS = ["admin", "users"] as const;
const jobKey = (id: string) => ["admin", "forget-jobs", id] as const;

/** By name. What is shown stays until what is asked anew has come. */
export function useUsers(filters: UserFilters) {
  return useInfiniteQuery({
    queryKey: [...USERS, filters],
    queryFn: ({ pageParam, signal }) =>
      api.get("/admin/users", { query: { ...filters, limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

export function useChangeUser(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: UserChange) => api.patch("/admin/users/{user_id}", { path: { user_id: id }, body: change }),
    onSuccess: () => queries.invalidateQueries({ queryKey: USERS }),
  });
}

export function useEndSessions(id: string) {
  return useMutation({
    mutationFn: () => api.post("/admin/users/{user_id}/revoke-sessions", { path: { user_id: id } }),
  });
}

export function useForget(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.post("/admin/users/{user_id}/forget", { path: { user_id: id } }),
    onSuccess: (job) => {
      queries.setQueryData(jobKey(job.id), job);
      return queries.invalidateQueries({ queryKey: USERS });
    },
  });
}

/** Looked at again until it is done. */
export function useForgetJob(id: string) {
  return useQuery({
    queryKey: jobKey(id),
    queryFn: ({ signal }) => api.get("/admin/forget-jobs/{job_id}", { path: { job_id: id }, signal }),
    refetchInterval: (query) => (query.state.data?.status === "done" ? false : 3_000),
  });
}
