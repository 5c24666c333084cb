"use client";

import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { WorkingLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { libraryMessages } from "../messages";
import { useSync, type Library } from "../queries";
import { runMessages } from "./messages";
import { RunDialog, RunMessages, RunSentence } from "./run-details";
import { RunNumbers } from "./run-numbers";
import { RunReasons } from "./run-reasons";
import { isUnderWay, type SyncRun } from "./runs";
import { useLiveRun } from "./use-live-run";

/** The newest sync of a library as a line of numbers, live while it goes. */
export function LastRun({ listed, library }: { listed: SyncRun; library: Library }) {
  const t = useMessages(runMessages);
  const { sync } = useMessages(libraryMessages);
  const { run, isLost } = useLiveRun(listed);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <RunSentence run={run} />
        <Button size="small" look="quiet" onClick={() => setIsOpen(true)}>
          {t.details}
        </Button>
      </div>
      {/* keeps its place, so that nothing jumps when a run begins or ends */}
      <div className="h-0.5">{isUnderWay(run) && <WorkingLine label={t.state.running} />}</div>
      {isLost && <p className="text-sm text-warning">{sync.lost}</p>}
      <RunNumbers run={run} />
      {/* the state is told when it changes, the numbers are there to be read */}
      <p role="status" className="sr-only">
        {(t.state as Readonly<Record<string, string | undefined>>)[run.status] ?? run.status}
      </p>
      {/* the library's own message says the same of a run that failed */}
      {run.error_message !== library.error_message && <RunMessages run={run} />}
      {run.error_message === library.error_message && <RunMessages run={{ ...run, error_message: null }} />}
      {run.status === "needs_confirmation" && <ConfirmRemovals run={run} />}
      <RunReasons run={run} />
      {isOpen && <RunDialog run={run} close={() => setIsOpen(false)} />}
    </div>
  );
}

/** A full sync that would remove more than a fifth of a library asks first. */
function ConfirmRemovals({ run }: { run: SyncRun }) {
  const { sync: t } = useMessages(libraryMessages);
  const shell = useMessages(shellMessages);
  const sync = useSync();
  const [isAsking, setIsAsking] = useState(false);
  const confirm = () =>
    sync
      .mutateAsync({ libraryId: run.library_id, full: true, confirm_removals: true })
      .then(() => notify(t.started))
      .catch((error: unknown) => notify(sentenceOf(error, shell), "danger"));
  return (
    <>
      <Button look="danger" size="small" className="self-start" onClick={() => setIsAsking(true)}>
        {t.confirm}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title={t.confirmTitle}
        description={t.confirmText(run.error_message ?? "")}
        confirm={t.confirm}
        danger
        onConfirm={confirm}
      />
    </>
  );
}
