import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import { listsChanged } from "@/features/chat/list/conversations";
import { conversationKey, titleChanged } from "@/features/chat/queries";
import { forget } from "@/features/chat/run/runs";
import { dropUploads } from "./upload/uploads";

type SessionView = ReplyOf<"/notebook/sessions", "post">;
export type StoredFile = ReplyOf<"/notebook/sessions/{session_id}/upload", "post">;
export type Limits = ReplyOf<"/notebook/limits", "get">;

/** A session with its end by this browser's clock (ms), however wrong that runs; null while pinned. */
export type Notebook = SessionView & { endsAt: number | null };
export interface OpenNotebook {
  session: Notebook;
  files: StoredFile[];
}

const LISTS = ["notebooks"];
const keyOf = (id: string) => ["notebook", id] as const;
const PAGE = 50;
const LOOK_AGAIN_MS = 1_500;

export function withEnd(session: SessionView, now = Date.now()): Notebook {
  return { ...session, endsAt: session.seconds_left === null ? null : now + session.seconds_left * 1_000 };
}

/** The person's sessions, newest first. */
export function useNotebooks() {
  return useInfiniteQuery({
    queryKey: LISTS,
    queryFn: async ({ pageParam, signal }) => {
      const page = await api.get("/notebook/sessions", { query: { limit: PAGE, cursor: pageParam }, signal });
      return { ...page, items: page.items.map((session) => withEnd(session)) };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/** A session with its files; asked again and again while one of them is under way. */
export function useNotebook(id: string) {
  return useQuery({
    queryKey: keyOf(id),
    queryFn: async ({ signal }): Promise<OpenNotebook> => {
      const { session, files } = await api.get("/notebook/sessions/{session_id}", { path: { session_id: id }, signal });
      return { session: withEnd(session), files };
    },
    refetchInterval: ({ state }) => (state.data?.files.some(isUnderWay) ? LOOK_AGAIN_MS : false),
  });
}

export function isUnderWay(file: StoredFile): boolean {
  return file.status === "stored" || file.status === "processing";
}

/** As this environment is set; what is not known yet is left to the API to refuse. */
export function useLimits(): Limits | undefined {
  return useQuery({
    queryKey: ["notebook-limits"],
    queryFn: ({ signal }) => api.get("/notebook/limits", { signal }),
    staleTime: Infinity,
  }).data;
}

export function useCreate() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (title: string) => api.post("/notebook/sessions", { body: { title } }),
    onSuccess: async (created) => {
      queries.setQueryData<OpenNotebook>(keyOf(created.id), { session: withEnd(created), files: [] });
      await Promise.all([queries.invalidateQueries({ queryKey: LISTS }), listsChanged(queries)]);
    },
  });
}

/** Renames, pins or unpins. */
export function useChange(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: { title?: string; is_pinned?: boolean }) =>
      api.patch("/notebook/sessions/{session_id}", { path: { session_id: id }, body: change }),
    onSuccess: async (changed) => {
      queries.setQueryData<OpenNotebook>(keyOf(id), (known) => known && { ...known, session: withEnd(changed) });
      if (changed.conversation_id) titleChanged(queries, changed.conversation_id, changed.title);
      await queries.invalidateQueries({ queryKey: LISTS });
    },
  });
}

export function useDelete(session: Notebook) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete("/notebook/sessions/{session_id}", { path: { session_id: session.id } }),
    onSuccess: async () => {
      dropUploads(session.id);
      queries.removeQueries({ queryKey: keyOf(session.id) });
      if (session.conversation_id) {
        forget(session.conversation_id);
        queries.removeQueries({ queryKey: conversationKey(session.conversation_id) });
      }
      await Promise.all([queries.invalidateQueries({ queryKey: LISTS }), listsChanged(queries)]);
    },
  });
}

export function useDeleteFile(sessionId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (fileId: string) =>
      api.delete("/notebook/sessions/{session_id}/files/{file_id}", {
        path: { session_id: sessionId, file_id: fileId },
      }),
    onSuccess: (_, fileId) => {
      filesChanged(queries, sessionId, (files) => files.filter((file) => file.file_id !== fileId));
    },
  });
}

/** Has a failed file read again. */
export function useRetryFile(sessionId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (fileId: string) =>
      api.post("/notebook/sessions/{session_id}/files/{file_id}/retry", {
        path: { session_id: sessionId, file_id: fileId },
      }),
    onSuccess: (again) => fileStored(queries, sessionId, again),
  });
}

/** A file that the API has taken is in its session's list, and the list is asked for anew. */
export function fileStored(queries: QueryClient, sessionId: string, file: StoredFile): void {
  filesChanged(queries, sessionId, (files) => {
    const known = files.some((each) => each.file_id === file.file_id);
    return known ? files.map((each) => (each.file_id === file.file_id ? file : each)) : [...files, file];
  });
}

function filesChanged(queries: QueryClient, id: string, change: (files: StoredFile[]) => StoredFile[]): void {
  queries.setQueryData<OpenNotebook>(keyOf(id), (known) => known && { ...known, files: change(known.files) });
  void queries.invalidateQueries({ queryKey: keyOf(id) });
  void queries.invalidateQueries({ queryKey: LISTS });
}

export function notebookChanged(queries: QueryClient, id: string): Promise<void> {
  return queries.invalidateQueries({ queryKey: keyOf(id) });
}
