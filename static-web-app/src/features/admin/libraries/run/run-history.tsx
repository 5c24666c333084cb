"use client";

import { useState } from "react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { formatDuration, formatTime } from "@/i18n/quantities";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { runMessages } from "./messages";
import { RunDialog } from "./run-details";
import { RunBadge, useHow } from "./run-state";
import { COUNTS, type SyncRun } from "./runs";

export function RunHistory({ runs }: { runs: SyncRun[] }) {
  const t = useMessages(runMessages);
  const language = useLanguage();
  const how = useHow();
  const [shownId, setShownId] = useState<string | null>(null);
  const shown = runs.find(({ id }) => id === shownId);
  return (
    <>
      <Table caption={t.history}>
        <thead>
          <tr>
            <HeadCell>{t.begun}</HeadCell>
            <HeadCell>{t.result}</HeadCell>
            <HeadCell>{t.how}</HeadCell>
            {COUNTS.map((count) => (
              <HeadCell key={count} className="text-right">
                {t.count[count]}
              </HeadCell>
            ))}
            <HeadCell className="text-right">{t.duration}</HeadCell>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.id}>
              <Cell className="whitespace-nowrap">
                <button
                  type="button"
                  className="rounded-sm text-accent-text underline-offset-2 hover:underline"
                  onClick={() => setShownId(run.id)}
                >
                  {formatTime(language, run.started_at ?? run.created_at)}
                </button>
              </Cell>
              <Cell>
                <RunBadge run={run} />
              </Cell>
              <Cell className="whitespace-nowrap text-muted">{how(run)}</Cell>
              {COUNTS.map((count) => (
                <Cell key={count} number>
                  {formatNumber(language, run[count])}
                </Cell>
              ))}
              <Cell number className="whitespace-nowrap">
                {formatDuration(run.duration_s)}
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
      {shown && <RunDialog run={shown} close={() => setShownId(null)} />}
    </>
  );
}
