"use client";

import { X } from "lucide-react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { IconButton } from "@/ui/button";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton, WorkingLine } from "@/ui/states";
import { peopleMessages, type PeopleMessages } from "./messages";
import { useForgetJob, type ForgetJob } from "./queries";

/** How far a person is forgotten; it goes on whether anybody looks or not. */
export function ForgetReport({ jobId, hide }: { jobId: string; hide: () => void }) {
  const t = useMessages(peopleMessages);
  const { data: job, error, refetch } = useForgetJob(jobId);
  return (
    <section
      aria-labelledby="forgotten"
      className="flex flex-col gap-2 rounded border border-line bg-surface px-4 py-3 text-sm"
    >
      <div className="flex items-start gap-2">
        <h2 id="forgotten" className="flex-1 font-semibold">
          {job?.status === "done" ? t.job.titleDone : t.job.title}
        </h2>
        <IconButton label={t.job.hide} onClick={hide} className="-my-1 -mr-2">
          <X />
        </IconButton>
      </div>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!job && !error && <Skeleton lines={2} />}
      {job && <Progress job={job} />}
    </section>
  );
}

function Progress({ job }: { job: ForgetJob }) {
  const t = useMessages(peopleMessages);
  const language = useLanguage();
  const state =
    job.status === "done" && job.finished_at
      ? t.job.done(formatTime(language, job.finished_at))
      : job.status === "waiting"
        ? t.job.waiting
        : t.job.running;
  return (
    <>
      {job.status !== "done" && <WorkingLine label={state} />}
      <p role="status">{state}</p>
      {job.problem && <p className="text-warning">{t.job.problem(job.problem)}</p>}
      {job.status !== "waiting" && (
        <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[max-content_1fr]">
          <dt className="text-muted">{t.job.erased}</dt>
          <dd>{countsIn(t, job.erased)}</dd>
          {job.status === "done" && (
            <>
              <dt className="text-muted">{t.job.anonymised}</dt>
              <dd>{countsIn(t, job.anonymised)}</dd>
            </>
          )}
        </dl>
      )}
    </>
  );
}

/** "6 conversations, 8 messages": what there was none of is left out; kinds without words here keep their own name. */
function countsIn(t: PeopleMessages, counts: Readonly<Record<string, number>>): string {
  const words: Readonly<Record<string, (n: number) => string>> = t.kinds;
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  return told.map(([kind, count]) => words[kind]?.(count) ?? `${kind}: ${count}`).join(", ") || t.job.nothing;
}
