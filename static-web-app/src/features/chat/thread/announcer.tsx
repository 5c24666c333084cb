"use client";

import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { chatMessages } from "../messages";

/** Tells screen readers that an answer begins and ends; they read it when they want to, not token by token. */
export function Announcer({ isBusy }: { isBusy: boolean }) {
  const t = useMessages(chatMessages);
  const [wasBusy, setWasBusy] = useState(isBusy);
  const [said, setSaid] = useState("");
  if (wasBusy !== isBusy) {
    setWasBusy(isBusy);
    setSaid(isBusy ? t.started : t.finished);
  }
  return (
    <p role="status" className="sr-only">
      {said}
    </p>
  );
}
