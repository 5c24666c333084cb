import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { components } from "@/api/schema";
import type { Mode } from "../shell/modes";
import { wholeList } from "../table/whole-list";

export type Prompt = ReplyOf<"/admin/prompts", "get">["items"][number];
export type PromptDefault = ReplyOf<"/admin/prompts/defaults", "get">["items"][number];
export type Placeholder = PromptDefault["placeholders"][number];
export type PromptDiff = ReplyOf<"/admin/prompts/{prompt_id}/diff", "get">;
export type DiffLine = PromptDiff["lines"][number];
export type NewPrompt = components["schemas"]["NewPrompt"];

const PROMPTS = ["admin", "prompts"] as const;

/** All versions of a mode, newest first. */
export function usePrompts(mode: Mode) {
  return useQuery({
    queryKey: [...PROMPTS, "of", mode],
    queryFn: ({ signal }) =>
      wholeList((cursor) => api.get("/admin/prompts", { query: { mode, limit: 100, cursor }, signal })),
  });
}

/** The product's own prompt of a mode, and what prompts of it may hold. */
export function usePromptDefault(mode: Mode) {
  return useQuery({
    queryKey: [...PROMPTS, "defaults"],
    queryFn: ({ signal }) => api.get("/admin/prompts/defaults", { signal }),
    select: ({ items }) => items.find((item) => item.mode === mode),
  });
}

/** Against null it is the version before, of the first one the product's own prompt. */
export function usePromptDiff(id: string, against: string | null) {
  return useQuery({
    queryKey: [...PROMPTS, "diff", id, against],
    queryFn: ({ signal }) =>
      api.get("/admin/prompts/{prompt_id}/diff", {
        path: { prompt_id: id },
        query: against === null ? {} : { against },
        signal,
      }),
  });
}

function usePromptMutation<Wish, Reply>(act: (wish: Wish) => Promise<Reply>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: act, onSuccess: () => queries.invalidateQueries({ queryKey: PROMPTS }) });
}

export function useSavePrompt() {
  return usePromptMutation((body: NewPrompt) => api.post("/admin/prompts", { body }));
}

export function useActivatePrompt() {
  return usePromptMutation((id: string) =>
    api.post("/admin/prompts/{prompt_id}/activate", { path: { prompt_id: id } }),
  );
}

export function useDeletePrompt() {
  return usePromptMutation((id: string) => api.delete("/admin/prompts/{prompt_id}", { path: { prompt_id: id } }));
}
