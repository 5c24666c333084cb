import type { RefObject } from "react";
import { useShortcut } from "@/ui/shortcuts";

/** J and K go from row to row of a table, that is from one control with `data-row` to the next; Enter opens it. */
export function useRowKeys(table: RefObject<HTMLElement | null>): void {
  const go = (step: 1 | -1) => {
    const rows = [...(table.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const at = rows.findIndex((row) => row === document.activeElement);
    const next = at < 0 ? rows.at(step > 0 ? 0 : -1) : rows[at + step];
    next?.focus();
  };
  useShortcut("j", () => go(1));
  useShortcut("k", () => go(-1));
}
