import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, type ReplyOf } from "@/api/client";
import type { components } from "@/api/schema";
import { wholeList } from "../table/whole-list";
import { isUnderWay, type SyncRun } from "./run/runs";

export type Library = ReplyOf<"/admin/libraries/{library_id}", "get">;
export type FolderRule = components["schemas"]["FolderRule"];
export type Preflight = ReplyOf<"/admin/libraries/preflight", "post">;
export type NewLibrary = components["schemas"]["NewLibrary"];
export type LibraryChange = components["schemas"]["LibraryChange"];

const LIBRARIES = ["admin", "libraries"] as const;
const RUNS = ["admin", "sync-runs"] as const;
export const runKey = (id: string) => [...RUNS, "run", id] as const;
const LOOK_AGAIN_MS = 5_000;

const isBusy = (library: Library) =>
  library.status === "syncing" || library.status === "removing" || library.relabelling;

/** The API lists them in an order of its own. */
const byName = (libraries: Library[]) => libraries.toSorted((a, b) => a.name.localeCompare(b.name));

/** All of them; looked at again while something happens to one. */
export function useLibraries() {
  return useQuery({
    queryKey: [...LIBRARIES, "all"],
    queryFn: ({ signal }) =>
      wholeList((cursor) => api.get("/admin/libraries", { query: { limit: 100, cursor }, signal })),
    select: byName,
    refetchInterval: (query) => (query.state.data?.some(isBusy) ? LOOK_AGAIN_MS : false),
  });
}

export function useLibrary(id: string) {
  return useQuery({
    queryKey: [...LIBRARIES, id],
    queryFn: ({ signal }) => api.get("/admin/libraries/{library_id}", { path: { library_id: id }, signal }),
    refetchInterval: (query) => (query.state.data && isBusy(query.state.data) ? LOOK_AGAIN_MS : false),
  });
}

/** Newest first. Looked at now and then: the timer starts syncs, too. */
export function useRuns(libraryId: string) {
  return useInfiniteQuery({
    queryKey: [...RUNS, "of", libraryId],
    queryFn: ({ pageParam, signal }) =>
      api.get("/admin/sync-runs", { query: { library_id: libraryId, limit: 10, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (query) => {
      const newest = query.state.data?.pages[0]?.items[0];
      return newest && isUnderWay(newest) ? false : 3 * LOOK_AGAIN_MS; // one under way tells by itself
    },
  });
}

/** What is known of libraries, their documents and their runs is looked at anew. */
export async function knowledgeChanged(queries: QueryClient): Promise<void> {
  await Promise.all(
    [LIBRARIES, RUNS, ["admin", "documents"]].map((queryKey) => queries.invalidateQueries({ queryKey })),
  );
}

export function usePreflight() {
  return useMutation({
    mutationFn: (libraryUrl: string) => api.post("/admin/libraries/preflight", { body: { library_url: libraryUrl } }),
  });
}

export function useKnownPreflight(libraryId: string) {
  return useMutation({
    mutationFn: () => api.post("/admin/libraries/{library_id}/preflight", { path: { library_id: libraryId } }),
  });
}

export function useAddLibrary() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (library: NewLibrary) => api.post("/admin/libraries", { body: library }),
    onSuccess: () => knowledgeChanged(queries),
  });
}

export function useChangeLibrary(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: LibraryChange) =>
      api.patch("/admin/libraries/{library_id}", { path: { library_id: id }, body: change }),
    onSuccess: (library) => {
      queries.setQueryData([...LIBRARIES, id], library);
      return knowledgeChanged(queries);
    },
  });
}

export function useRemoveLibrary(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete("/admin/libraries/{library_id}", { path: { library_id: id } }),
    onSuccess: () => knowledgeChanged(queries),
  });
}

export interface AskedSync {
  full?: boolean;
  confirm_removals?: boolean;
}

/** Starts a sync, or joins the one that is running. */
export function useSync() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ libraryId, ...asked }: AskedSync & { libraryId: string }): Promise<SyncRun> =>
      api.post("/admin/libraries/{library_id}/sync", { path: { library_id: libraryId }, body: asked }),
    onSuccess: (run) => {
      queries.setQueryData(runKey(run.id), run);
      return knowledgeChanged(queries);
    },
  });
}
