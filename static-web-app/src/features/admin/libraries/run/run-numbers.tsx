"use client";

import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { TextLink } from "../../table/text-link";
import { runMessages } from "./messages";
import { COUNTS, type SyncRun } from "./runs";

/** What a run did, as a line of numbers; those of files that were not indexed lead to them. */
export function RunNumbers({ run }: { run: SyncRun }) {
  const t = useMessages(runMessages);
  const language = useLanguage();
  return (
    <dl className="grid grid-cols-3 rounded border border-line bg-surface py-1 sm:grid-cols-4 lg:grid-cols-7">
      {COUNTS.map((count) => {
        const value = formatNumber(language, run[count]);
        const leadsOn = (count === "skipped" || count === "failed") && run[count] > 0;
        return (
          <div key={count} className="flex flex-col-reverse px-3 py-1.5">
            <dt className="text-xs text-muted">{t.count[count]}</dt>
            <dd
              className={classes(
                "text-lg font-semibold tabular-nums",
                count === "failed" && run.failed > 0 && "text-danger",
              )}
            >
              {leadsOn ? (
                <TextLink
                  href={`/admin/documents?library=${run.library_id}&status=${count}`}
                  className={count === "failed" ? "text-danger" : ""}
                >
                  {value}
                </TextLink>
              ) : (
                value
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
