"use client";

import dynamic from "next/dynamic";
import type { ReactNode } from "react";

const SheetLayer = dynamic(() => import("./layers/sheet").then((module) => module.SheetLayer), { ssr: false });

export interface SheetProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  side: "left" | "right";
  /** Its name for screen readers. */
  label: string;
  children: ReactNode;
}

/** A column that comes in from a side, where the screen has no room for it beside the others. */
export function Sheet(props: SheetProps) {
  return props.open ? <SheetLayer {...props} /> : null;
}
