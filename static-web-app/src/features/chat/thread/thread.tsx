"use client";

import { ArrowDown } from "lucide-react";
import dynamic from "next/dynamic";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { ProblemView } from "@/ui/problem-view";
import { Sheet } from "@/ui/sheet";
import { Skeleton } from "@/ui/states";
import { useMediaQuery } from "@/ui/use-media-query";
import { Composer } from "../composer/composer";
import { chatMessages } from "../messages";
import { useConversation } from "../queries";
import type { Mode, Source } from "../run/events";
import type { Question } from "../run/follow";
import { isUnderWay } from "../run/live-run";
import { loadFollow, useRuns } from "../run/runs";
import { Announcer } from "./announcer";
import { exchangesOf, type Exchange } from "./exchange";
import { useCitationInAddress } from "./use-citation-in-address";
import { useFollow } from "./use-follow";
import { useRun } from "./use-run";
import { useThreadKeys } from "./use-thread-keys";

// A new conversation shows neither: they come while the first question is written.
const loadExchanges = () => import("./exchanges");
const Exchanges = dynamic(() => loadExchanges().then((module) => module.Exchanges), { ssr: false });
const SourcePanel = dynamic(() => import("./source-panel").then((module) => module.SourcePanel), { ssr: false });

function preload(): void {
  void loadFollow();
  void loadExchanges().then(({ preloadMarkdown }) => preloadMarkdown());
}

export interface ThreadProps {
  /** What it is known by before it has a conversation, and what drafts are kept under. */
  thread: string;
  mode: Mode;
  /** Null before the first question. */
  conversationId: string | null;
  /** How a question is asked; makes the conversation where there is none yet. Its errors are shown. */
  questionOf: (content: string) => Promise<{ conversationId: string | null; question: Question }>;
  /** The first question has made it. */
  onConversation: (conversationId: string) => void;
  /** Notebooks cannot answer anew. */
  canRegenerate?: boolean;
  /** Shown before the first question; `ask` sends one. */
  empty: (ask: (content: string) => void) => ReactNode;
  /** Above the composer's text, left: the choice of the mode, say. */
  composerTools?: ReactNode;
}

/** What answers may do; its identity stays, so that answers need not be drawn anew. */
export interface ThreadActions {
  openSource: (messageId: string, n: number) => void;
  resume: () => void;
  /** Sends a refused question again. */
  askAgain: () => void;
  regenerate: ((messageId: string) => void) | undefined;
}

/** A conversation: its messages, what comes just now, the composer, and the source that is open. */
export function Thread(props: ThreadProps) {
  const { mode, conversationId, canRegenerate = true } = props;
  const t = useMessages(chatMessages);
  const conversation = useConversation(conversationId);
  const run = useRun(props);
  const live = useRuns((state) => state.runs[conversationId ?? props.thread] ?? state.runs[props.thread]);
  const messages = conversation.data?.messages;
  const exchanges = useMemo(() => exchangesOf(messages ?? [], live), [messages, live]);
  const [citation, setCitation] = useCitationInAddress();
  const source = sourceOf(exchanges, citation);
  const isWide = useMediaQuery("(min-width: 1280px)");

  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd, release } = useFollow(scroller, content);
  const { ask, resume, askAgain, regenerate } = run;
  const actions = useMemo<ThreadActions>(
    () => ({
      openSource: (messageId, n) => setCitation({ messageId, n }),
      resume,
      askAgain,
      regenerate: canRegenerate ? regenerate : undefined,
    }),
    [setCitation, resume, askAgain, regenerate, canRegenerate],
  );
  const send = useCallback(
    (text: string) => {
      toEnd();
      ask(text);
    },
    [ask, toEnd],
  );
  useThreadKeys({
    thread: scroller,
    isBusy: isUnderWay(live),
    stop: run.stop,
    closeSource: source ? () => setCitation(null) : null,
  });
  useEffect(() => {
    if (conversationId !== null) preload();
  }, [conversationId]);
  useScrollToMessage(messages !== undefined, release);

  const isEmpty = exchanges.length === 0 && (conversationId === null || conversation.isSuccess);
  const panel = source && <SourcePanel source={source} close={() => setCitation(null)} />;
  return (
    <div className="flex min-h-0 min-w-0 flex-1">
      <div className="relative flex min-w-0 flex-1 flex-col">
        <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable_both-edges]">
          <div ref={content} className="mx-auto flex min-h-full w-full max-w-[46rem] flex-col px-4 py-6">
            {isEmpty ? (
              props.empty(send)
            ) : (
              <Exchanges exchanges={exchanges} mode={mode} citation={citation} actions={actions} />
            )}
            {conversation.isLoading && exchanges.length === 0 && <Skeleton lines={6} />}
            {conversation.error && exchanges.length === 0 && (
              <ProblemView error={conversation.error} retry={() => void conversation.refetch()} />
            )}
          </div>
        </div>
        <div className="relative mx-auto w-full max-w-[46rem] px-4 pb-4">
          {!isAtEnd && (
            <Button size="small" onClick={toEnd} className="absolute -top-11 left-1/2 -translate-x-1/2 shadow-float">
              <ArrowDown aria-hidden />
              {t.toLatest}
            </Button>
          )}
          {run.error !== null && (
            <div className="pb-2">
              <ProblemView error={run.error} />
            </div>
          )}
          <Composer
            thread={conversationId ?? props.thread}
            mode={mode}
            isBusy={run.isAsking || isUnderWay(live)}
            isStopping={live?.stopping ?? false}
            tools={props.composerTools}
            send={send}
            stop={run.stop}
            onWriting={preload}
          />
        </div>
        <Announcer isBusy={isUnderWay(live)} />
      </div>
      {panel && isWide && <aside className="flex w-96 shrink-0 border-l border-line">{panel}</aside>}
      {source && !isWide && (
        <Sheet open onOpenChange={() => setCitation(null)} side="right" label={source.file_name}>
          {panel}
        </Sheet>
      )}
    </div>
  );
}

function sourceOf(
  exchanges: readonly Exchange[],
  citation: { messageId: string; n: number } | null,
): Source | undefined {
  if (citation === null) return undefined;
  const answers = exchanges.flatMap((exchange) => exchange.answers);
  const answer = answers.find((each) => each.id === citation.messageId && each.phase === null);
  return answer?.sources.find((source) => source.n === citation.n);
}

/** A message has an address (`&m=`): it is shown once the conversation is there. */
function useScrollToMessage(isLoaded: boolean, release: () => void): void {
  const [wanted] = useState(() => new URLSearchParams(window.location.search).get("m"));
  useEffect(() => {
    const element = isLoaded && wanted ? document.getElementById(`m-${wanted}`) : null;
    if (!element) return;
    release();
    element.scrollIntoView({ block: "start" });
    element.focus({ preventScroll: true });
  }, [isLoaded, wanted, release]);
}
