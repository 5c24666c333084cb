"use client";

import { useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { useCallback, useState } from "react";
import { api } from "@/api/client";
import { useMessages } from "@/i18n/messages";
import { PageHeader } from "@/ui/page";
import { ModeChoice, ModeMark, type ChatMode } from "./composer/mode-choice";
import { chatMessages } from "./messages";
import { listsChanged } from "./list/conversations";
import { useConversation } from "./queries";
import { Thread } from "./thread/thread";

const Welcome = dynamic(() => import("./welcome").then((module) => module.Welcome), { ssr: false });
const ChatActions = dynamic(() => import("./chat-actions").then((module) => module.ChatActions), { ssr: false });

/** `/chat` is a new conversation, `/chat?c=<id>` one that has begun. */
export function ChatPage() {
  const id = useSearchParams().get("c");
  const t = useMessages(chatMessages);
  const queries = useQueryClient();
  const { data: conversation } = useConversation(id);
  const [chosen, setChosen] = useState<ChatMode>("rag");
  // made by the first question, and then in the address
  const [made, setMade] = useState<string | null>(null);
  const mode = conversation?.mode ?? (id === null || id === made ? chosen : "rag");

  const questionOf = useCallback(
    async (content: string) => {
      const conversationId = id ?? (await api.post("/conversations", { body: { mode: chosen } })).id;
      return {
        conversationId,
        question: {
          path: "/conversations/{conversation_id}/messages",
          parameters: { conversation_id: conversationId },
          body: { content },
        },
      };
    },
    [id, chosen],
  );
  const onConversation = useCallback(
    (created: string) => {
      setMade(created);
      window.history.replaceState(null, "", `/chat?c=${created}`);
      void listsChanged(queries);
    },
    [queries],
  );
  // one that was just made keeps its place on the page: nothing is mounted anew
  const thread = id === null || id === made ? "new" : id;
  return (
    <div className="flex h-full min-w-0 flex-1 flex-col">
      <PageHeader
        title={conversation?.title ?? t.untitled}
        actions={conversation && <ChatActions conversation={conversation} />}
      />
      <Thread
        key={thread}
        thread={thread}
        mode={mode}
        conversationId={id}
        questionOf={questionOf}
        onConversation={onConversation}
        empty={(ask) => <Welcome mode={chosen} ask={ask} />}
        composerTools={
          id === null ? (
            <ModeChoice mode={chosen} choose={setChosen} />
          ) : (
            mode !== "notebook" && <ModeMark mode={mode} />
          )
        }
      />
    </div>
  );
}
