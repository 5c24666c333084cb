"use client";

import dynamic from "next/dynamic";
import { useState, type ReactNode } from "react";
import { shellMessages } from "@/i18n/shell";
import { useMessages } from "@/i18n/messages";
import { Button } from "./button";

// Layers are loaded when the first one opens: the first page needs none.
const DialogLayer = dynamic(() => import("./layers/dialog").then((module) => module.DialogLayer), { ssr: false });

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  /** Its buttons, the one that does it last. */
  footer?: ReactNode;
  wide?: boolean;
}

export function Dialog(props: DialogProps) {
  return props.open ? <DialogLayer {...props} /> : null;
}

interface ConfirmProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: string;
  /** The verb on the button. */
  confirm: string;
  danger?: boolean;
  /** Tells by itself when it fails. */
  onConfirm: () => Promise<unknown>;
}

/** Asks before what cannot be undone; closes once it is done. */
export function ConfirmDialog({ open, onOpenChange, title, description, confirm, danger, onConfirm }: ConfirmProps) {
  const t = useMessages(shellMessages);
  const [busy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    try {
      await onConfirm();
      onOpenChange(false);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{t.cancel}</Button>
          <Button look={danger ? "danger" : "primary"} disabled={busy} onClick={() => void act()}>
            {confirm}
          </Button>
        </>
      }
    />
  );
}
