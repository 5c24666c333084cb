"use client";

import { Dialog as Radix } from "radix-ui";
import { classes } from "../classes";
import type { SheetProps } from "../sheet";
import { useOpener } from "./opener";

export function SheetLayer({ open, onOpenChange, side, label, children }: SheetProps) {
  const giveBackFocus = useOpener();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-30 animate-appear bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          onCloseAutoFocus={giveBackFocus}
          className={classes(
            "fixed inset-y-0 z-30 flex w-[min(22rem,calc(100vw-3rem))] flex-col bg-surface shadow-float",
            side === "left" ? "left-0 animate-slide-left" : "right-0 animate-slide-right",
          )}
        >
          <Radix.Title className="sr-only">{label}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
