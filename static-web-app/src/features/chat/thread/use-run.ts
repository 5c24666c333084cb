import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useDrafts } from "../run/drafts";
import type { Question } from "../run/follow";
import { isUnderWay } from "../run/live-run";
import * as runs from "../run/runs";
import { useRuns } from "../run/runs";
import { listsChanged } from "../list/conversations";
import { conversationKey, titleChanged, useConversation } from "../queries";
import { isOver } from "./exchange";
import type { ThreadProps } from "./thread";

/** Asking within a thread, and keeping what comes and what is stored together. */
export function useRun({ thread, conversationId, questionOf, onConversation }: ThreadProps) {
  const key = conversationId ?? thread;
  const live = useRuns((state) => state.runs[key] ?? state.runs[thread]);
  const liveKey = useRuns((state) => (state.runs[key] ? key : thread));
  const { data: conversation } = useConversation(conversationId);
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [isAsking, setIsAsking] = useState(false);
  const latest = useRef({ questionOf, onConversation });
  useEffect(() => {
    latest.current = { questionOf, onConversation };
  });

  const start = useCallback(
    async (id: string | null, question: Question) => {
      const ended = await runs.ask(id ?? thread, id, question);
      if (ended.conversationId) {
        await queries.invalidateQueries({ queryKey: conversationKey(ended.conversationId) });
        await listsChanged(queries);
      }
    },
    [thread, queries],
  );
  const ask = useCallback(
    (content: string) => {
      setError(null);
      setIsAsking(true);
      latest.current
        .questionOf(content)
        .then(({ conversationId: id, question }) => {
          useDrafts.getState().write(conversationId ?? thread, "");
          void start(id, question);
          if (id !== null && id !== conversationId) latest.current.onConversation(id);
        })
        .catch((cause: unknown) => setError(cause))
        .finally(() => setIsAsking(false));
    },
    [thread, conversationId, start],
  );
  const regenerate = useCallback(
    (messageId: string) => {
      if (conversationId === null) return;
      const parameters = { conversation_id: conversationId };
      const path = "/conversations/{conversation_id}/messages";
      void start(conversationId, { path, parameters, body: { regenerate: messageId } });
    },
    [conversationId, start],
  );
  const resume = useCallback(
    async (messageId: string | null = null) => {
      if (conversationId === null) return;
      await runs.resume(liveKey, conversationId, messageId);
      await queries.invalidateQueries({ queryKey: conversationKey(conversationId) });
    },
    [conversationId, liveKey, queries],
  );
  const question = live?.question;
  const askAgain = useCallback(() => {
    runs.forget(liveKey);
    if (question) ask(question);
  }, [liveKey, question, ask]);
  const stop = useCallback(() => {
    runs.stop(liveKey).catch((cause: unknown) => setError(cause));
  }, [liveKey]);

  // what the run says before the conversation does
  const said = live?.conversationId;
  useEffect(() => {
    if (said && conversationId === null) latest.current.onConversation(said);
  }, [said, conversationId]);
  const title = live?.title;
  useEffect(() => {
    if (said && title) titleChanged(queries, said, title);
  }, [said, title, queries]);

  // an answer that comes without us: this page was loaded, or another tab has asked
  const last = conversation?.messages.at(-1);
  const unfinished = last?.role === "assistant" && !isOver(last.status) ? last.id : null;
  useEffect(() => {
    if (unfinished !== null && live === undefined) void resume(unfinished);
  }, [unfinished, live, resume]);

  // once it is stored, that is what is shown; the events go
  const isStored = conversation?.messages.some((each) => each.id === live?.messageId && isOver(each.status)) ?? false;
  useEffect(() => {
    if (isStored && !isUnderWay(live) && live?.phase === "ended") runs.forget(liveKey);
  }, [isStored, live, liveKey]);

  return { error, isAsking, ask, regenerate, resume: useCallback(() => void resume(), [resume]), askAgain, stop };
}
