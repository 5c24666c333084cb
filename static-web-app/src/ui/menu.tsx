"use client";

import dynamic from "next/dynamic";
import { cloneElement, useState, type ReactElement, type ReactNode } from "react";

const layer = () => import("./layers/menu");
const MenuLayer = dynamic(() => layer().then((module) => module.MenuLayer), { ssr: false });
export const MenuItem = dynamic(() => layer().then((module) => module.MenuItem), { ssr: false });
export const MenuChoice = dynamic(() => layer().then((module) => module.MenuChoice), { ssr: false });
export const MenuLabel = dynamic(() => layer().then((module) => module.MenuLabel), { ssr: false });
export const MenuLine = dynamic(() => layer().then((module) => module.MenuLine), { ssr: false });

type Trigger = ReactElement<{ onClick?: () => void; onPointerEnter?: () => void; "aria-haspopup"?: "menu" }>;

export interface MenuProps {
  /** A button. It is the menu's anchor, and has the focus again once the menu closes. */
  trigger: Trigger;
  align?: "start" | "end";
  children: ReactNode;
}

/** What can be done beside the obvious. Loaded when somebody is about to open one. */
export function Menu(props: MenuProps) {
  const [wasOpened, setWasOpened] = useState(false);
  if (wasOpened) return <MenuLayer {...props} />;
  return cloneElement(props.trigger, {
    "aria-haspopup": "menu",
    onPointerEnter: () => void layer(),
    onClick: () => void layer().then(() => setWasOpened(true)),
  });
}
