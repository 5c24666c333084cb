import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api } from "@/api/client";
import { CONVERSATIONS, type Conversation } from "../queries";

export type Rating = "positive" | "negative";

/** Rates an answer, or takes the rating back (null). */
export function useFeedback() {
  const queries = useQueryClient();
  return useCallback(
    async (messageId: string, rating: Rating | null, comment = "") => {
      const path = { message_id: messageId };
      const given = { path, body: { rating: rating ?? "positive", comment: comment || null } };
      const feedback = rating === null ? null : await api.put("/messages/{message_id}/feedback", given);
      if (rating === null) await api.delete("/messages/{message_id}/feedback", { path });
      queries.setQueriesData<Conversation>({ queryKey: CONVERSATIONS }, (known) =>
        known?.messages.some((message) => message.id === messageId)
          ? {
              ...known,
              messages: known.messages.map((each) => (each.id === messageId ? { ...each, feedback } : each)),
            }
          : known,
      );
    },
    [queries],
  );
}
