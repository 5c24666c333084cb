import { useState } from "react";

/** For a layer's `onCloseAutoFocus`: what had the focus when it opened has it again, which Radix sees to for triggers of
 *  its own only. Where that is gone, the page has it; what has taken the focus meanwhile keeps it. */
export function useOpener(): (event: Event) => void {
  const [opener] = useState(focusedNow);
  return (event) => {
    event.preventDefault();
    if (document.activeElement !== null && document.activeElement !== document.body) return;
    (opener?.isConnected ? opener : document.querySelector<HTMLElement>("main"))?.focus();
  };
}

/** An item of a menu goes with its menu: the button that opened this stands for it. */
function focusedNow(): HTMLElement | null {
  const focused = document.activeElement;
  const menu = focused?.closest('[role="menu"]');
  const opener = menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : focused;
  return opener instanceof HTMLElement ? opener : null;
}
