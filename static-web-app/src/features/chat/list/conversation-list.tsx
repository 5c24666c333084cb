"use client";

import { Search, X } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { Suspense, useCallback, useMemo, useState } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useSettled } from "@/ui/use-settled";
import { VirtualList } from "@/ui/virtual-list";
import { chatMessages } from "../messages";
import { ConversationLine } from "./conversation-line";
import { useConversations } from "./conversations";
import { grouped, type Line } from "./grouping";

/** The left column's list. Reads the address, hence the boundary. */
export function ConversationList({ onChosen }: { onChosen: () => void }) {
  return (
    <Suspense fallback={<div className="flex-1" />}>
      <List onChosen={onChosen} />
    </Suspense>
  );
}

function List({ onChosen }: { onChosen: () => void }) {
  const t = useMessages(chatMessages);
  const [text, setText] = useState("");
  return (
    <>
      <div role="search" className="relative mx-2 my-2">
        <Search aria-hidden className="pointer-events-none absolute top-2 left-2 size-4 text-muted" />
        <input
          type="text"
          aria-label={t.search}
          placeholder={t.search}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-8 w-full rounded bg-hover pr-8 pl-8 text-sm"
        />
        {text && (
          <IconButton label={t.clearSearch} onClick={() => setText("")} className="absolute top-0 right-0">
            <X />
          </IconButton>
        )}
      </div>
      <Lines search={useSettled(text.trim())} onChosen={onChosen} />
    </>
  );
}

const HEIGHTS = { day: 32, line: 34, hit: 52 };

function Lines({ search, onChosen }: { search: string; onChosen: () => void }) {
  const t = useMessages(chatMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const openId = useSearchParams().get("c");
  const { data, error, isPending, refetch, fetchOlder } = useConversations(search);
  const lines = useMemo(() => grouped(data?.items ?? [], t, language), [data, t, language]);
  const heightOf = useCallback(
    (index: number) => {
      const line = lines[index];
      if (line?.kind !== "conversation") return HEIGHTS.day;
      return line.conversation.hit?.message_id ? HEIGHTS.hit : HEIGHTS.line;
    },
    [lines],
  );
  const onEnd = useCallback(() => {
    fetchOlder().catch((cause: unknown) => notify(sentenceOf(cause, shell), "danger"));
  }, [fetchOlder, shell]);

  if (isPending) {
    return (
      <div className="flex-1 px-4 py-3">
        <Skeleton lines={5} />
      </div>
    );
  }
  if (error && lines.length === 0) {
    return (
      <div className="flex-1 p-2">
        <ProblemView error={error} retry={() => void refetch()} />
      </div>
    );
  }
  if (lines.length === 0) {
    return <p className="flex-1 px-4 py-3 text-sm text-muted">{search ? t.noHits : t.noChats}</p>;
  }
  return (
    <VirtualList
      label={t.list}
      count={lines.length}
      heightOf={heightOf}
      keyOf={(index) => keyOf(lines[index])}
      onEnd={onEnd}
      className="min-h-0 flex-1 overflow-y-auto px-2 pb-2"
      line={(index) => {
        const line = lines[index];
        if (line?.kind !== "conversation") {
          return <h2 className="px-2 pt-3 pb-1 text-xs leading-4 font-semibold text-muted">{line?.label}</h2>;
        }
        const { conversation } = line;
        return <ConversationLine conversation={conversation} isOpen={conversation.id === openId} onChosen={onChosen} />;
      }}
    />
  );
}

function keyOf(line: Line | undefined): string {
  return line?.kind === "conversation" ? line.conversation.id : `day ${line?.label}`;
}
