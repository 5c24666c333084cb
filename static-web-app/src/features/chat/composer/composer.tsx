"use client";

import { ArrowUp, Square } from "lucide-react";
import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { chatMessages } from "../messages";
import { useDrafts } from "../run/drafts";
import type { Mode } from "../run/events";

/** As the API has it (functions/http_api/schemas/chat.py). */
const MAX_CHARS = 16_000;
/** The page itself comes first: the composer has the focus from the start. */
const PRELOAD_AFTER_MS = 1_500;
const MAX_HEIGHT_PX = 8 * 24 + 16;

interface ComposerProps {
  thread: string;
  mode: Mode;
  isBusy: boolean;
  isStopping: boolean;
  tools?: ReactNode;
  send: (text: string) => void;
  stop: () => void;
  /** Somebody is about to ask. */
  onWriting: () => void;
}

/** Where one asks: grows to eight lines, Enter sends, Shift+Enter breaks. What is written is kept for its thread. */
export function Composer({ thread, mode, isBusy, isStopping, tools, send, stop, onWriting }: ComposerProps) {
  const t = useMessages(chatMessages);
  const id = useId();
  const text = useDrafts((state) => state.drafts[thread] ?? "");
  const write = useDrafts((state) => state.write);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, MAX_HEIGHT_PX)}px`;
  }, [text]);
  useEffect(() => {
    // on a phone the keyboard would cover half of the page
    if (matchMedia("(pointer: fine)").matches) area.current?.focus();
  }, [thread]);
  const canSend = text.trim() !== "" && !isBusy;
  const submit = () => {
    if (canSend) send(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      className="flex flex-col rounded-lg border border-line-strong bg-raised shadow-float focus-within:border-accent"
    >
      <label htmlFor={id} className="sr-only">
        {t.question}
      </label>
      <textarea
        ref={area}
        id={id}
        rows={1}
        value={text}
        maxLength={MAX_CHARS}
        placeholder={t.placeholder[mode]}
        onFocus={() => setTimeout(onWriting, PRELOAD_AFTER_MS)}
        onChange={(event) => write(thread, event.target.value)}
        onKeyDown={onKeyDown}
        className="w-full resize-none bg-transparent px-4 pt-3 pb-1 text-base outline-none"
      />
      <div className="flex items-center gap-2 px-2 pb-2">
        <div className="min-w-0 flex-1">{tools}</div>
        {isBusy ? (
          <SendButton label={t.stop} isPrimary={false} disabled={isStopping} onClick={stop}>
            <Square className="fill-current" />
          </SendButton>
        ) : (
          <SendButton label={t.send} isPrimary disabled={!canSend} onClick={submit}>
            <ArrowUp />
          </SendButton>
        )}
      </div>
    </form>
  );
}

interface SendButtonProps {
  label: string;
  isPrimary: boolean;
  disabled: boolean;
  onClick: () => void;
  children: ReactNode;
}

function SendButton({ label, isPrimary, disabled, onClick, children }: SendButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      data-tip={label}
      disabled={disabled}
      onClick={onClick}
      className={classes(
        "inline-flex size-9 items-center justify-center rounded transition-colors disabled:cursor-not-allowed [&_svg]:size-4",
        isPrimary
          ? "bg-accent text-on-accent hover:bg-accent-hover disabled:bg-hover disabled:text-muted"
          : "border border-line bg-surface hover:bg-hover disabled:opacity-50",
      )}
    >
      {children}
    </button>
  );
}
