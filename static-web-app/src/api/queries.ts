import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./problem";

const TRIES = 3;

/** The cache of what the server knows. Tried again is what may pass by itself, never what the API has refused. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < TRIES - 1 && mayPass(error),
        refetchOnWindowFocus: true,
      },
    },
  });
}

function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.isOffline || error.status >= 500 || error.status === 429);
}
