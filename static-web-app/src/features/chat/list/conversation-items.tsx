"use client";

import { Pencil, Trash2 } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import { MenuItem } from "@/ui/menu";
import { chatMessages } from "../messages";
import type { Asked } from "./conversation-line";

/** What a conversation's menu holds, in the list and above the conversation. */
export function ConversationItems({ setAsked }: { setAsked: (asked: Asked) => void }) {
  const t = useMessages(chatMessages);
  return (
    <>
      <MenuItem icon={<Pencil />} onSelect={() => setAsked("rename")}>
        {t.rename}
      </MenuItem>
      <MenuItem icon={<Trash2 />} danger onSelect={() => setAsked("delete")}>
        {t.delete}
      </MenuItem>
    </>
  );
}
