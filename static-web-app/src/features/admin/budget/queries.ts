import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { components } from "@/api/schema";

export type Budget = ReplyOf<"/admin/users/{user_id}/budget", "get">;
export type BudgetSubject = components["schemas"]["BudgetSubject"];

/** Whose budget it is. */
export interface BudgetOwner {
  subject: BudgetSubject;
  id: string;
  name: string;
}

/** Of everything about budgets, for who changes one. */
export const BUDGETS = ["admin", "budgets"] as const;

export function useBudget({ subject, id }: BudgetOwner) {
  return useQuery({
    queryKey: [...BUDGETS, "of", id],
    queryFn: ({ signal }) =>
      subject === "user"
        ? api.get("/admin/users/{user_id}/budget", { path: { user_id: id }, signal })
        : api.get("/admin/departments/{department_id}/budget", { path: { department_id: id }, signal }),
    staleTime: 0, // what is used changes with every answer
  });
}

/** Tokens a day for whoever has no budget of their own; null is no limit. */
export function useBudgetDefault(subject: BudgetSubject) {
  return useQuery({
    queryKey: [...BUDGETS, "defaults"],
    queryFn: ({ signal }) => api.get("/admin/budgets", { query: { limit: 1 }, signal }),
    select: (page) => (subject === "user" ? page.user_default : page.department_default),
  });
}

export type BudgetsPage = ReplyOf<"/admin/budgets", "get">;

/** The budgets that were set; each page has the defaults, too. */
export function useBudgets() {
  return useInfiniteQuery({
    queryKey: [...BUDGETS, "own"],
    queryFn: ({ pageParam, signal }) => api.get("/admin/budgets", { query: { limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** A number is a budget of one's own, null no limit, "default" takes the own one away. */
export type BudgetWish = number | null | "default";

export function useSetBudget({ subject, id }: BudgetOwner) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (wish: BudgetWish): Promise<void> => {
      if (subject === "user") {
        const path = { user_id: id };
        if (wish === "default") await api.delete("/admin/users/{user_id}/budget", { path });
        else await api.put("/admin/users/{user_id}/budget", { path, body: { daily_tokens: wish } });
      } else {
        const path = { department_id: id };
        if (wish === "default") await api.delete("/admin/departments/{department_id}/budget", { path });
        else await api.put("/admin/departments/{department_id}/budget", { path, body: { daily_tokens: wish } });
      }
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: BUDGETS }),
  });
}
