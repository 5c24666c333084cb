"use client";

import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { useNavigation } from "@/ui/navigation";
import { Sheet } from "@/ui/sheet";
import { useShortcut } from "@/ui/shortcuts";
import { Sidebar } from "./sidebar";

const Palette = dynamic(() => import("./palette").then((module) => module.Palette), { ssr: false });
const Shortcuts = dynamic(() => import("./shortcuts").then((module) => module.Shortcuts), { ssr: false });

type Layer = "palette" | "shortcuts" | null;

/** Left column, page, and what opens above them by keyboard. The page brings its own right column. */
export function Frame({ children }: { children: ReactNode }) {
  const t = useMessages(shellMessages);
  const router = useRouter();
  const navigation = useNavigation();
  const [layer, setLayer] = useState<Layer>(null);
  useShortcut("mod+k", () => setLayer((open) => (open === "palette" ? null : "palette")));
  useShortcut("mod+/", () => setLayer((open) => (open === "shortcuts" ? null : "shortcuts")));
  useShortcut("mod+shift+o", () => router.push("/chat"));
  const sidebar = <Sidebar openPalette={() => setLayer("palette")} showShortcuts={() => setLayer("shortcuts")} />;
  return (
    <div className="flex h-full">
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded bg-raised px-3 py-2 text-sm focus:translate-y-0 focus:shadow-float"
      >
        {t.skipToContent}
      </a>
      <nav aria-label={t.navigation} className="hidden w-68 shrink-0 border-r border-line bg-page lg:flex">
        {sidebar}
      </nav>
      <Sheet open={navigation.open} onOpenChange={navigation.setOpen} side="left" label={t.navigation}>
        {sidebar}
      </Sheet>
      <main id="content" tabIndex={-1} className="flex h-full min-w-0 flex-1 bg-surface outline-none">
        {children}
      </main>
      {layer === "palette" && <Palette close={() => setLayer(null)} showShortcuts={() => setLayer("shortcuts")} />}
      {layer === "shortcuts" && <Shortcuts close={() => setLayer(null)} />}
    </div>
  );
}
