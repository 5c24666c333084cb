import { useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";

export interface CitationAddress {
  messageId: string;
  n: number;
}

/** The citation that is open, kept in the address (`&m=<message>&n=<number>`) without a step of the history. */
export function useCitationInAddress(): [CitationAddress | null, (citation: CitationAddress | null) => void] {
  const parameters = useSearchParams();
  const messageId = parameters.get("m");
  const n = Number(parameters.get("n"));
  const set = useCallback((citation: CitationAddress | null) => {
    const address = new URL(window.location.href);
    if (citation) {
      address.searchParams.set("m", citation.messageId);
      address.searchParams.set("n", String(citation.n));
    } else {
      address.searchParams.delete("m");
      address.searchParams.delete("n");
    }
    window.history.replaceState(null, "", address);
  }, []);
  return [useMemo(() => (messageId && n > 0 ? { messageId, n } : null), [messageId, n]), set];
}
