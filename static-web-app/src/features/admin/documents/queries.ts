import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";

export type Document = ReplyOf<"/admin/documents/{document_id}", "get">;
export type Summary = ReplyOf<"/admin/documents/summary", "get">;
export type Explanation = ReplyOf<"/admin/documents/explain", "get">;

export const STATUSES = ["indexed", "pending", "skipped", "failed", "inactive"] as const;
export type Status = (typeof STATUSES)[number];
export function isStatus(text: string): text is Status {
  return STATUSES.some((status) => status === text);
}

/** As the address has it: "" is what is not asked for. */
export interface DocumentFilter {
  library: string;
  status: string;
  reason: string;
  q: string;
}

const DOCUMENTS = ["admin", "documents"] as const;
const PAGE = 50;

function queryOf({ library, status, reason, q }: DocumentFilter) {
  return { library_id: library || null, status: isStatus(status) ? status : null, reason_code: reason || null, q };
}

/** By name, page by page. */
export function useDocuments(filter: DocumentFilter) {
  return useInfiniteQuery({
    queryKey: [...DOCUMENTS, "list", filter],
    queryFn: ({ pageParam, signal }) =>
      api.get("/admin/documents", { query: { ...queryOf(filter), limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
}

/** All that fit, one after the other; `told` hears how many there are so far. */
export async function eachDocument(filter: DocumentFilter, told: (sofar: number) => void): Promise<Document[]> {
  const documents: Document[] = [];
  let cursor: string | null = null;
  do {
    const page: ReplyOf<"/admin/documents", "get"> = await api.get("/admin/documents", {
      query: { ...queryOf(filter), limit: 100, cursor },
    });
    documents.push(...page.items);
    told(documents.length);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return documents;
}

/** How many there are of each status and reason, whichever of these is looked at. */
export function useSummary({ library, q }: Pick<DocumentFilter, "library" | "q">) {
  return useQuery({
    queryKey: [...DOCUMENTS, "summary", library, q],
    queryFn: ({ signal }) => api.get("/admin/documents/summary", { query: { library_id: library || null, q }, signal }),
    placeholderData: (before) => before,
  });
}

export function useDocument(id: string | null) {
  return useQuery({
    queryKey: [...DOCUMENTS, "one", id],
    queryFn: ({ signal }) => api.get("/admin/documents/{document_id}", { path: { document_id: id ?? "" }, signal }),
    enabled: id !== null,
    // what waits for a sync is soon something else
    refetchInterval: (query) => (query.state.data?.todo ? 5_000 : false),
  });
}

export function useSwitch(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (isActive: boolean) =>
      api.patch("/admin/documents/{document_id}", { path: { document_id: id }, body: { is_active: isActive } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: DOCUMENTS }),
  });
}

export function useReadAgain(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.post("/admin/documents/{document_id}/reingest", { path: { document_id: id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["admin"] }),
  });
}

/** Which document, found or not by whom, and for which question. */
export interface Case {
  document: string;
  url: string;
  person: string;
  question: string;
}

/** Why a person finds a document, or not. Asked anew each time: it is the present state that counts. */
export function useExplanation({ document, url, person, question }: Case) {
  return useQuery({
    queryKey: [...DOCUMENTS, "explain", document, url, person, question],
    queryFn: ({ signal }) =>
      api.get("/admin/documents/explain", {
        query: {
          ...(document ? { document_id: document } : { url }),
          user_id: person || null,
          query: person && question ? question : null,
        },
        signal,
      }),
    enabled: document !== "" || url !== "",
    staleTime: 0,
  });
}
