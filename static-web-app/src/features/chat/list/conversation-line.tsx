"use client";

import { Ellipsis } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { Link } from "@/ui/link";
import { Menu } from "@/ui/menu";
import { chatMessages } from "../messages";
import { addressOfConversation } from "./address";
import type { ListedConversation } from "./conversations";

const ConversationDialogs = dynamic(() =>
  import("./conversation-dialogs").then((module) => module.ConversationDialogs),
);

const ConversationItems = dynamic(() => import("./conversation-items").then((module) => module.ConversationItems));

export type Asked = "rename" | "delete" | null;

interface LineProps {
  conversation: ListedConversation;
  isOpen: boolean;
  onChosen: () => void;
}

export function ConversationLine({ conversation, isOpen, onChosen }: LineProps) {
  const t = useMessages(chatMessages);
  const [asked, setAsked] = useState<Asked>(null);
  const title = conversation.title ?? t.untitled;
  const hit = conversation.hit;
  return (
    <div className={classes("group relative flex rounded hover:bg-hover", isOpen && "bg-hover")}>
      <Link
        href={addressOfConversation(conversation)}
        prefetch={false}
        onClick={onChosen}
        aria-current={isOpen ? "page" : undefined}
        className={classes("min-w-0 flex-1 rounded px-2 py-1.5 text-sm", isOpen && "font-semibold")}
      >
        <span className="block truncate leading-5">{title}</span>
        {hit?.message_id && <span className="block truncate text-xs font-normal text-muted">{hit.snippet}</span>}
      </Link>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={t.chatMenu(title)}
            className="absolute top-1 right-1 hidden size-6.5 items-center justify-center rounded-sm bg-hover text-muted group-focus-within:flex group-hover:flex hover:text-text data-[state=open]:flex max-lg:flex"
          >
            <Ellipsis className="size-4" />
          </button>
        }
      >
        <ConversationItems setAsked={setAsked} />
      </Menu>
      {asked && (
        <ConversationDialogs id={conversation.id} title={title} isOpen={isOpen} asked={asked} setAsked={setAsked} />
      )}
    </div>
  );
}
