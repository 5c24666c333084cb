"use client";

import { useEffect, useRef, useState } from "react";
import { useMessages } from "@/i18n/messages";
import { notebookMessages } from "../messages";
import { droppedIn, type Dropped } from "../upload/admission";

/** Takes files that are dropped anywhere; a browser would otherwise leave the page and show them. */
export function DropOverlay({ title, onDrop }: { title: string; onDrop: (dropped: Dropped) => void }) {
  const t = useMessages(notebookMessages);
  const [isOver, setIsOver] = useState(false);
  const latest = useRef(onDrop);
  useEffect(() => {
    latest.current = onDrop;
  });
  useEffect(() => {
    // entering a part of the page comes before leaving the one around it
    let depth = 0;
    const onEnter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth += 1;
      setIsOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setIsOver(false);
    };
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      depth = 0;
      setIsOver(false);
      latest.current(droppedIn(event.dataTransfer));
    };
    window.addEventListener("dragenter", onEnter);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("dragover", onOver);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", onEnter);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("drop", drop);
    };
  }, []);
  if (!isOver) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-40 flex animate-appear items-center justify-center bg-scrim p-6">
      <p className="rounded-lg border-2 border-dashed border-accent bg-raised px-8 py-6 text-lg font-semibold shadow-float">
        {t.dropNow(title)}
      </p>
    </div>
  );
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
