import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { components } from "@/api/schema";
import { wholeList } from "../table/whole-list";
import type { Step } from "./order";

export type Provider = ReplyOf<"/admin/providers", "get">["items"][number];
export type DefaultProvider = ReplyOf<"/admin/providers/default", "get">;
export type NewProvider = components["schemas"]["NewProvider"];
export type ProviderChange = components["schemas"]["ProviderChange"];
export type ProviderKind = components["schemas"]["ProviderKind"];

const PROVIDERS = ["admin", "providers"] as const;

/** All of them, by mode and in the order of asking. */
export function useProviders() {
  return useQuery({
    queryKey: [...PROVIDERS, "all"],
    queryFn: ({ signal }) =>
      wholeList((cursor) => api.get("/admin/providers", { query: { limit: 100, cursor }, signal })),
  });
}

/** What serves a mode that has no provider of its own. */
export function useDefaultProvider() {
  return useQuery({
    queryKey: [...PROVIDERS, "default"],
    queryFn: ({ signal }) => api.get("/admin/providers/default", { signal }),
  });
}

function useProviderMutation<Wish>(act: (wish: Wish) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    // also after a failure: what is shown may be what it failed at
    onSettled: () => queries.invalidateQueries({ queryKey: PROVIDERS }),
  });
}

const change = (id: string, body: ProviderChange) =>
  api.patch("/admin/providers/{provider_id}", { path: { provider_id: id }, body });

export function useAddProvider() {
  return useProviderMutation((body: NewProvider) => api.post("/admin/providers", { body }));
}

export function useChangeProvider(id: string) {
  return useProviderMutation((body: ProviderChange) => change(id, body));
}

/** One after the other: of two that swap, the first has to make room. */
export function useReorder() {
  return useProviderMutation(async (steps: readonly Step[]) => {
    for (const { id, fallback_order } of steps) await change(id, { fallback_order });
  });
}

export function useDeleteProvider(id: string) {
  return useProviderMutation<undefined>(() =>
    api.delete("/admin/providers/{provider_id}", { path: { provider_id: id } }),
  );
}

export function useTestProvider(id: string) {
  return useMutation({
    mutationFn: () => api.post("/admin/providers/{provider_id}/test", { path: { provider_id: id } }),
  });
}
