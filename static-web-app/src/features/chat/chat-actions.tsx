"use client";

import { Download, Ellipsis, FileJson, FileText } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { send } from "@/api/client";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { notify } from "@/ui/toast";
import { ConversationItems } from "./list/conversation-items";
import type { Asked } from "./list/conversation-line";
import { chatMessages } from "./messages";
import type { Conversation } from "./queries";

const ConversationDialogs = dynamic(() =>
  import("./list/conversation-dialogs").then((module) => module.ConversationDialogs),
);

/** What can be done with the conversation that is open. */
export function ChatActions({ conversation }: { conversation: Conversation }) {
  const t = useMessages(chatMessages);
  const shell = useMessages(shellMessages);
  const [asked, setAsked] = useState<Asked>(null);
  const title = conversation.title ?? t.untitled;
  const save = (format: "md" | "json") => {
    saveExport(conversation.id, format).catch((error: unknown) => notify(sentenceOf(error, shell), "danger"));
  };
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t.export}>
            <Download />
          </IconButton>
        }
      >
        <MenuItem icon={<FileText />} onSelect={() => save("md")}>
          {t.exportMarkdown}
        </MenuItem>
        <MenuItem icon={<FileJson />} onSelect={() => save("json")}>
          {t.exportJson}
        </MenuItem>
      </Menu>
      <Menu
        trigger={
          <IconButton label={t.chatMenu(title)}>
            <Ellipsis />
          </IconButton>
        }
      >
        <ConversationItems setAsked={setAsked} />
      </Menu>
      {asked && <ConversationDialogs id={conversation.id} title={title} isOpen asked={asked} setAsked={setAsked} />}
    </>
  );
}

/** Saves the API's own export, under the name that it gives. */
async function saveExport(id: string, format: "md" | "json"): Promise<void> {
  const reply = await send("get", "/conversations/{conversation_id}/export", {
    path: { conversation_id: id },
    query: { format },
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await reply.blob());
  link.download = nameIn(reply.headers.get("Content-Disposition")) ?? `nexus.${format}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function nameIn(disposition: string | null): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "")?.[1];
  return encoded ? decodeURIComponent(encoded) : /filename="([^"]+)"/i.exec(disposition ?? "")?.[1];
}
