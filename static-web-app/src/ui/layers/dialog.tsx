"use client";

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { shellMessages } from "@/i18n/shell";
import { useMessages } from "@/i18n/messages";
import { IconButton } from "../button";
import { classes } from "../classes";
import type { DialogProps } from "../dialog";
import { useOpener } from "./opener";

export function DialogLayer({ open, onOpenChange, title, description, children, footer, wide }: DialogProps) {
  const t = useMessages(shellMessages);
  const giveBackFocus = useOpener();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <Radix.Content
          onCloseAutoFocus={giveBackFocus}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={classes(
            "fixed top-[12vh] left-1/2 z-40 flex max-h-[76vh] w-[calc(100vw-2rem)] -translate-x-1/2 animate-appear flex-col rounded-lg border border-line bg-raised shadow-float",
            wide ? "max-w-3xl" : "max-w-lg",
          )}
        >
          <div className="flex items-start gap-4 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="mt-1 text-sm text-muted">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label={t.close} className="-mr-2">
                <X />
              </IconButton>
            </Radix.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-2">{children}</div>
          {footer && <div className="flex flex-wrap justify-end gap-2 px-5 pt-2 pb-4">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
