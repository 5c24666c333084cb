import { useEffect, useRef } from "react";

/** `mod` is ⌘ on a Mac and Ctrl elsewhere. One key without it does nothing while somebody writes. */
export function useShortcut(keys: string, act: (event: KeyboardEvent) => void, enabled = true): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (!enabled) return;
    const wanted = parse(keys);
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || !matches(event, wanted)) return;
      if (!wanted.mod && wanted.key !== "escape" && (isWriting(event.target) || isLayerOpen())) return;
      event.preventDefault();
      latest.current(event);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [keys, enabled]);
}

interface Wanted {
  key: string;
  mod: boolean;
  shift: boolean;
}

export function parse(keys: string): Wanted {
  const parts = keys.toLowerCase().split("+");
  return { key: parts.at(-1) ?? "", mod: parts.includes("mod"), shift: parts.includes("shift") };
}

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

export function matches(pressed: Pressed, wanted: Wanted): boolean {
  // Alt Gr counts as Ctrl+Alt: it is how "[" is written on German keyboards.
  const typed = pressed.ctrlKey && pressed.altKey;
  const mod = !typed && (pressed.ctrlKey || pressed.metaKey);
  if (pressed.altKey && !typed) return false;
  return pressed.key.toLowerCase() === wanted.key && mod === wanted.mod && (!wanted.shift || pressed.shiftKey);
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** A dialog, sheet or menu above the page. */
export function isLayerOpen(): boolean {
  return document.querySelector('[role="dialog"], [role="menu"]') !== null;
}

export function modKey(): string {
  return typeof navigator !== "undefined" && /mac|iphone|ipad/i.test(navigator.userAgent) ? "⌘" : "Ctrl";
}
