"use client";

import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { documentsWith, reasonMessages, reasonWords } from "../../documents/reasons";
import { TextLink } from "../../table/text-link";
import { runMessages } from "./messages";
import { reasonsOf, type SyncRun } from "./runs";

/** Why files of a library were not indexed, each reason one click away from the files that have it. */
export function RunReasons({ run }: { run: SyncRun }) {
  const t = useMessages(runMessages);
  const reasons = useMessages(reasonMessages);
  const language = useLanguage();
  const found = reasonsOf(run);
  if (found.length === 0) return null;
  return (
    <section className="flex flex-col gap-1">
      <h3 className="text-sm font-semibold">{t.reasons}</h3>
      <ul className="flex flex-col gap-1">
        {found.map(([code, files]) => (
          <li key={code} className="flex gap-3 text-sm">
            <span className="w-14 shrink-0 text-right tabular-nums">{formatNumber(language, files)}</span>
            <TextLink href={documentsWith(run.library_id, code)}>{reasonWords(reasons, code)}</TextLink>
          </li>
        ))}
      </ul>
    </section>
  );
}
