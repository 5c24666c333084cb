"use client";

import { useEffect, useState } from "react";

const DELAY_MS = 400;
const GAP = 6;

/** Shows what a control under the pointer or the keyboard's focus is called: the text of its `data-tip`. One for the
 *  whole app, outside of what clips or scrolls; who cannot see it reads the control's aria-label. */
export function Tooltips() {
  const [shown, setShown] = useState<{ text: string; anchor: DOMRect } | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      setShown(null);
    };
    const show = (event: Event) => {
      const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;
      hide();
      if (!target || (event.type === "focusin" && !target.matches(":focus-visible"))) return;
      timer = setTimeout(() => {
        if (target.isConnected) setShown({ text: target.dataset.tip ?? "", anchor: target.getBoundingClientRect() });
      }, DELAY_MS);
    };
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && hide();
    document.addEventListener("pointerover", show);
    document.addEventListener("focusin", show);
    document.addEventListener("pointerdown", hide, true);
    document.addEventListener("keydown", onKey);
    document.addEventListener("scroll", hide, true);
    return () => {
      hide();
      document.removeEventListener("pointerover", show);
      document.removeEventListener("focusin", show);
      document.removeEventListener("pointerdown", hide, true);
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("scroll", hide, true);
    };
  }, []);
  if (!shown) return null;
  return (
    <div
      role="tooltip"
      aria-hidden
      ref={(element) => {
        if (element) place(element, shown.anchor);
      }}
      className="pointer-events-none fixed z-60 max-w-72 animate-appear rounded-sm bg-text px-2 py-1 text-xs text-page shadow-float"
    >
      {shown.text}
    </div>
  );
}

/** Below its anchor, or above where there is no room; never over the window's edges. */
function place(element: HTMLElement, anchor: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = Math.min(Math.max(anchor.left + anchor.width / 2 - width / 2, GAP), innerWidth - width - GAP);
  const below = anchor.bottom + GAP;
  element.style.left = `${left}px`;
  element.style.top = `${below + height > innerHeight ? anchor.top - GAP - height : below}px`;
}
