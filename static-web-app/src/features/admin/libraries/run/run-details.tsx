"use client";

import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { formatDuration, formatTime } from "@/i18n/quantities";
import { Dialog } from "@/ui/dialog";
import { runMessages } from "./messages";
import { RunNumbers } from "./run-numbers";
import { RunReasons } from "./run-reasons";
import { RunBadge, useHow } from "./run-state";
import type { SyncRun } from "./runs";

const WORK = ["unchanged", "pages", "passages", "embed_tokens"] as const;
const TIMES = ["graph_s", "download_s", "extract_s", "embed_s", "store_s", "throttled_s"] as const;

/** All that is known of one run. */
export function RunDialog({ run, close }: { run: SyncRun; close: () => void }) {
  const t = useMessages(runMessages);
  const language = useLanguage();
  return (
    <Dialog open wide onOpenChange={close} title={t.detailsOf(formatTime(language, run.started_at ?? run.created_at))}>
      <div className="flex flex-col gap-4 pb-3">
        <RunSentence run={run} />
        <RunNumbers run={run} />
        <RunMessages run={run} />
        <RunReasons run={run} />
        <RunWork run={run} />
      </div>
    </Dialog>
  );
}

/** State, what it was about, and how long it took. */
export function RunSentence({ run }: { run: SyncRun }) {
  const language = useLanguage();
  const how = useHow();
  const began = run.started_at ? `, ${formatTime(language, run.started_at)}` : "";
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
      <RunBadge run={run} />
      <span>
        {how(run)}
        {began}
        {run.duration_s > 0 && ` · ${formatDuration(run.duration_s)}`}
      </span>
    </p>
  );
}

/** The API's own sentences, which are English. */
export function RunMessages({ run }: { run: SyncRun }) {
  return (
    <>
      {run.error_message && (
        <p lang="en" className="rounded bg-danger-soft px-3 py-2 text-sm text-danger">
          {run.error_message}
        </p>
      )}
      {run.notice && (
        <p lang="en" className="rounded bg-warning-soft px-3 py-2 text-sm text-warning">
          {run.notice}
        </p>
      )}
    </>
  );
}

export function RunWork({ run }: { run: SyncRun }) {
  const t = useMessages(runMessages);
  const language = useLanguage();
  const work = { unchanged: t.unchanged, pages: t.pages, passages: t.passages, embed_tokens: t.tokens };
  return (
    <div className="grid gap-x-8 gap-y-3 sm:grid-cols-2">
      <dl className="flex flex-col">
        {WORK.map((name) => (
          <Fact key={name} label={work[name]} value={formatNumber(language, run[name])} />
        ))}
      </dl>
      <div>
        <dl className="flex flex-col" aria-label={t.time}>
          {TIMES.map((name) => (
            <Fact key={name} label={t[name]} value={formatDuration(run[name])} />
          ))}
        </dl>
        <p className="mt-1 text-xs text-muted">{t.timeHint}</p>
      </div>
    </div>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex justify-between gap-4 border-b border-line py-1 text-sm last:border-0">
      <dt className="text-muted">{label}</dt>
      <dd className="tabular-nums">{value}</dd>
    </div>
  );
}
