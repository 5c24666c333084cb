"use client";

import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { notebookMessages } from "../messages";
import { isUnderWay, type StoredFile } from "../queries";

/** Tells screen readers what has become of the files that were under way. */
export function FileNews({ files }: { files: readonly StoredFile[] }) {
  const t = useMessages(notebookMessages);
  const [before, setBefore] = useState(files);
  const [news, setNews] = useState("");
  if (before !== files) {
    const wasUnderWay = new Set(before.filter(isUnderWay).map((file) => file.file_id));
    const settled = files.filter((file) => wasUnderWay.has(file.file_id) && !isUnderWay(file));
    setBefore(files);
    if (settled.length > 0) {
      setNews(settled.map((file) => (file.status === "ready" ? t.nowReady : t.nowFailed)(file.file_name)).join(" "));
    }
  }
  return (
    <p role="status" className="sr-only">
      {news}
    </p>
  );
}
