import type { RefObject } from "react";
import { isLayerOpen, useShortcut } from "@/ui/shortcuts";

interface ThreadKeys {
  thread: RefObject<HTMLElement | null>;
  isBusy: boolean;
  stop: () => void;
  closeSource: (() => void) | null;
}

/** J/K through messages, [ and ] through citations; Esc closes the source, then stops the answer. */
export function useThreadKeys({ thread, isBusy, stop, closeSource }: ThreadKeys): void {
  const step = (selector: string, by: number) => {
    const found = [...(thread.current?.querySelectorAll<HTMLElement>(selector) ?? [])];
    const next = nextOf(found, document.activeElement, by);
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  };
  useShortcut("j", () => step("[data-message]", 1));
  useShortcut("k", () => step("[data-message]", -1));
  useShortcut("]", () => step("[data-citation]:not(:disabled)", 1));
  useShortcut("[", () => step("[data-citation]:not(:disabled)", -1));
  useShortcut(
    "escape",
    () => {
      if (isLayerOpen()) return;
      if (closeSource) closeSource();
      else stop();
    },
    isBusy || closeSource !== null,
  );
}

/** The one after the active, or after what holds or precedes it; without an active one the last, or the first. */
function nextOf(elements: HTMLElement[], active: Element | null, by: number): HTMLElement | undefined {
  const at = elements.findIndex((element) => element === active);
  if (at >= 0) return elements[at + by];
  const within = active && active !== document.body ? active : null;
  if (!within) return by > 0 ? elements[0] : elements.at(-1);
  const following = elements.findIndex(
    (element) => (within.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
  );
  if (by > 0) return following < 0 ? undefined : elements[following];
  return following < 0 ? elements.at(-1) : elements[following - 1];
}
