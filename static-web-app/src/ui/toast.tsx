"use client";

import { X } from "lucide-react";
import { create } from "zustand";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { IconButton } from "./button";
import { classes } from "./classes";

interface Notice {
  id: number;
  text: string;
  tone: "neutral" | "danger";
}

const useNotices = create<{ notices: Notice[] }>(() => ({ notices: [] }));
const SHOWN_MS = 6_000;
let last = 0;

/** A sentence at the lower edge for some seconds: for what has happened, never for what must be read. */
export function notify(text: string, tone: Notice["tone"] = "neutral"): void {
  const id = ++last;
  useNotices.setState(({ notices }) => ({ notices: [...notices.slice(-2), { id, text, tone }] }));
  setTimeout(() => dismiss(id), SHOWN_MS);
}

function dismiss(id: number): void {
  useNotices.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

export function Toasts() {
  const { notices } = useNotices();
  const t = useMessages(shellMessages);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-4 z-50 flex flex-col items-center gap-2 px-4"
    >
      {notices.map((notice) => (
        <div
          key={notice.id}
          className={classes(
            "pointer-events-auto flex max-w-lg animate-appear items-center gap-2 rounded border border-line bg-raised py-1 pr-1 pl-4 text-sm shadow-float",
            notice.tone === "danger" && "text-danger",
          )}
        >
          <span className="min-w-0 flex-1">{notice.text}</span>
          <IconButton label={t.close} onClick={() => dismiss(notice.id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
