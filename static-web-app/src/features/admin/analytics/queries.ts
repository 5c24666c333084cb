import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { components } from "@/api/schema";
import { askedOf, type Period } from "./days";

export type UsageReport = ReplyOf<"/admin/analytics/usage", "get">;
export type UsageItem = UsageReport["items"][number];
export type QualityReport = ReplyOf<"/admin/analytics/quality", "get">;
export type DocumentsReport = ReplyOf<"/admin/analytics/documents", "get">;
export type CitedDocument = DocumentsReport["most_cited"][number];
export type Grouping = Exclude<components["schemas"]["Grouping"], "day">;

export const GROUPINGS: readonly Grouping[] = ["model", "department", "mode", "user"];

const ANALYTICS = ["admin", "analytics"] as const;
/** How many questions without an answer are listed; the file has all. */
const QUESTIONS = 50;

export function useUsageByDay(period: Period) {
  return useQuery({
    queryKey: [...ANALYTICS, "usage", "day", period],
    queryFn: ({ signal }) =>
      api.get("/admin/analytics/usage", { query: { ...askedOf(period), group_by: "day" }, signal }),
    placeholderData: keepPreviousData,
  });
}

/** Only people come in pages. */
export function useUsageBy(period: Period, grouping: Grouping) {
  return useInfiniteQuery({
    queryKey: [...ANALYTICS, "usage", grouping, period],
    queryFn: ({ pageParam, signal }) =>
      api.get("/admin/analytics/usage", {
        query: { ...askedOf(period), group_by: grouping, limit: 20, cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function useQuality(period: Period) {
  return useQuery({
    queryKey: [...ANALYTICS, "quality", period],
    queryFn: ({ signal }) =>
      api.get("/admin/analytics/quality", { query: { ...askedOf(period), limit: QUESTIONS }, signal }),
    placeholderData: keepPreviousData,
  });
}

/** The pages are those of the documents that were not cited. */
export function useDocumentsReport(period: Period) {
  return useInfiniteQuery({
    queryKey: [...ANALYTICS, "documents", period],
    queryFn: ({ pageParam, signal }) =>
      api.get("/admin/analytics/documents", { query: { ...askedOf(period), limit: 20, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}
