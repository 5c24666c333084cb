import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { components, operations } from "@/api/schema";
import { momentOf } from "../table/days";
import { MODES } from "../shell/modes";
import { wholeList } from "../table/whole-list";
import type { Filters } from "../table/use-filters";

export type QueuedFeedback = ReplyOf<"/admin/feedback", "get">["items"][number];
export type Exchange = ReplyOf<"/admin/feedback/{feedback_id}", "get">;
export type RetrievedSource = Exchange["sources"][number];
export type FeedbackStatus = components["schemas"]["FeedbackStatus"];
export type Rating = components["schemas"]["Rating"];
type FeedbackQuery = Omit<NonNullable<operations["list_feedback"]["parameters"]["query"]>, "limit" | "cursor">;

export const STATUSES: readonly FeedbackStatus[] = ["pending", "reviewed", "resolved"];
export const RATINGS: readonly Rating[] = ["negative", "positive"];
export const FEEDBACK_FILTERS = ["q", "status", "rating", "mode", "from", "to"] as const;
export type FeedbackFilters = Filters<(typeof FEEDBACK_FILTERS)[number]>;

const FEEDBACK = ["admin", "feedback"] as const;
const exchangeKey = (id: string) => [...FEEDBACK, "exchange", id] as const;

/** What the address asks for, as the API takes it; what cannot be meant is not asked. */
export function feedbackQueryOf({ q, status, rating, mode, from, to }: FeedbackFilters): FeedbackQuery {
  return {
    q: q || undefined,
    status: STATUSES.find((each) => each === status),
    rating: RATINGS.find((each) => each === rating),
    mode: MODES.find((each) => each === mode),
    from: momentOf(from, "from"),
    to: momentOf(to, "to"),
  };
}

export function useFeedback(filters: FeedbackFilters) {
  return useInfiniteQuery({
    queryKey: [...FEEDBACK, "queue", filters],
    queryFn: ({ pageParam, signal }) =>
      api.get("/admin/feedback", { query: { ...feedbackQueryOf(filters), limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** Each reading is written into the audit log: it is not read again only because somebody looked away. */
export function useExchange(id: string) {
  return useQuery({
    queryKey: exchangeKey(id),
    queryFn: ({ signal }) => api.get("/admin/feedback/{feedback_id}", { path: { feedback_id: id }, signal }),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

/** Moves feedback on. What was refused because somebody else was faster is read anew. */
export function useReview(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (status: FeedbackStatus) =>
      api.patch("/admin/feedback/{feedback_id}", { path: { feedback_id: id }, body: { status } }),
    onSuccess: ({ status, reviewed_by, reviewed_at, updated_at }) => {
      queries.setQueryData<Exchange>(
        exchangeKey(id),
        (known) => known && { ...known, status, reviewed_by, reviewed_at, updated_at },
      );
      return queries.invalidateQueries({ queryKey: [...FEEDBACK, "queue"] });
    },
    onError: () => queries.invalidateQueries({ queryKey: exchangeKey(id) }),
  });
}

/** What comes after a status; nothing after the last. */
export function nextStatus(status: FeedbackStatus): FeedbackStatus | undefined {
  return STATUSES[STATUSES.indexOf(status) + 1];
}

export function useMakeCase(feedbackId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["NewEvalCase"]) =>
      api.post("/admin/feedback/{feedback_id}/eval-case", { path: { feedback_id: feedbackId }, body }),
    onSuccess: (made) => {
      queries.setQueryData<Exchange>(exchangeKey(feedbackId), (known) => known && { ...known, eval_case_id: made.id });
      void queries.invalidateQueries({ queryKey: CASES });
      return queries.invalidateQueries({ queryKey: [...FEEDBACK, "queue"] });
    },
  });
}

export type EvalCase = ReplyOf<"/admin/eval-cases", "get">["items"][number];
const CASES = ["admin", "eval-cases"] as const;

export function useCases() {
  return useInfiniteQuery({
    queryKey: CASES,
    queryFn: ({ pageParam, signal }) =>
      api.get("/admin/eval-cases", { query: { limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** One case with all that was said of it, where a feedback has become one. */
export function useCase(id: string | null) {
  return useQuery({
    queryKey: [...CASES, "all"],
    enabled: id !== null,
    queryFn: ({ signal }) =>
      wholeList((cursor) => api.get("/admin/eval-cases", { query: { limit: 100, cursor }, signal })),
    select: (cases) => cases.find((each) => each.id === id) ?? null,
  });
}

export function useDeleteCase() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.delete("/admin/eval-cases/{case_id}", { path: { case_id: id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: FEEDBACK, refetchType: "none" });
      return queries.invalidateQueries({ queryKey: CASES });
    },
  });
}
