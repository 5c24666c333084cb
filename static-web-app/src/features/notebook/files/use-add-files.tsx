"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { notebookMessages } from "../messages";
import { fileStored, useLimits } from "../queries";
import { ENDINGS, refusalOf, type Dropped } from "../upload/admission";
import { isOnItsWay, showRefused, startUpload, useUploads } from "../upload/uploads";

export interface Adding {
  /** Opens the browser's own choice of files. */
  pick: () => void;
  addDropped: (dropped: Dropped) => void;
  /** To be rendered once. */
  input: ReactNode;
}

interface Target {
  sessionId: string;
  /** How many files it has. */
  count: number;
  /** Something was added or refused: to be seen. */
  added: () => void;
}

/** Ways for files into a session, all with the same look at what would be refused. */
export function useAddFiles({ sessionId, count, added }: Target): Adding {
  const t = useMessages(notebookMessages);
  const queries = useQueryClient();
  const limits = useLimits();
  const picker = useRef<HTMLInputElement>(null);
  const addDropped = useCallback(
    ({ files, folders }: Dropped) => {
      const underWay = useUploads.getState().uploads.filter((each) => each.sessionId === sessionId && isOnItsWay(each));
      let room = limits ? limits.files_per_session - count - underWay.length : Infinity;
      for (const name of folders) showRefused(sessionId, { name, size: 0 }, "folder");
      for (const file of files) {
        const refusal = refusalOf(file, room, limits);
        if (refusal) {
          showRefused(sessionId, file, refusal);
          continue;
        }
        room -= 1;
        startUpload(sessionId, file, (stored) => fileStored(queries, sessionId, stored));
      }
      if (files.length + folders.length > 0) added();
    },
    [sessionId, count, limits, queries, added],
  );
  const pick = useCallback(() => picker.current?.click(), []);
  const input = (
    <input
      ref={picker}
      type="file"
      multiple
      hidden
      accept={ENDINGS.join(",")}
      aria-label={t.choose}
      onChange={({ target }) => {
        addDropped({ files: [...(target.files ?? [])], folders: [] });
        target.value = ""; // the same file may be chosen again
      }}
    />
  );
  return { pick, addDropped, input };
}
