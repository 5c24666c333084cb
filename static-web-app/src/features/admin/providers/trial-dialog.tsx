"use client";

import { CircleCheck, CircleX } from "lucide-react";
import { useEffect, useRef } from "react";
import { useMessages } from "@/i18n/messages";
import type { ReplyOf } from "@/api/client";
import { problemSentence } from "@/i18n/problems";
import { shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProblemView } from "@/ui/problem-view";
import { WorkingLine } from "@/ui/states";
import { providerMessages } from "./messages";
import { useTestProvider, type Provider } from "./queries";

type Trial = ReplyOf<"/admin/providers/{provider_id}/test", "post">;

/** Asks at once when it opens: who opened it wants to know. */
export function TrialDialog({ provider, close }: { provider: Provider; close: () => void }) {
  const t = useMessages(providerMessages);
  const shell = useMessages(shellMessages);
  const { mutate, data, error, isPending } = useTestProvider(provider.id);
  const wasAsked = useRef(false);
  useEffect(() => {
    if (wasAsked.current) return; // effects run twice in development, and a call costs
    wasAsked.current = true;
    mutate();
  }, [mutate]);
  return (
    <Dialog
      open
      onOpenChange={close}
      title={t.trial.title(provider.model_name)}
      description={t.trial.text}
      footer={
        <>
          <Button onClick={close}>{shell.close}</Button>
          <Button look="primary" disabled={isPending} onClick={() => mutate()}>
            {t.trial.again}
          </Button>
        </>
      }
    >
      <div role="status" className="flex min-h-32 flex-col gap-3 text-sm">
        {isPending && (
          <>
            <WorkingLine label={t.trial.asking} />
            <p className="text-muted">{t.trial.asking}</p>
          </>
        )}
        {error && <ProblemView error={error} />}
        {data && <TrialReport trial={data} />}
      </div>
    </Dialog>
  );
}

function TrialProblem({ trial }: { trial: Trial }) {
  const known = trial.code && problemSentence(trial.code);
  return known ? known : <span lang="en">{trial.detail}</span>;
}

function TrialReport({ trial }: { trial: Trial }) {
  const t = useMessages(providerMessages);
  const facts = [
    [t.trial.firstToken, t.trial.ms(trial.first_token_ms)],
    [t.trial.latency, t.trial.ms(trial.latency_ms)],
    [t.trial.tokens, t.trial.tokensValue(trial.input_tokens, trial.output_tokens)],
  ];
  return (
    <>
      <p className="flex items-center gap-2 font-semibold">
        {trial.ok ? (
          <CircleCheck aria-hidden className="size-4 text-accent-text" />
        ) : (
          <CircleX aria-hidden className="size-4 text-danger" />
        )}
        {trial.ok ? t.trial.ok : t.trial.failed}
      </p>
      {!trial.ok && (
        <p>
          <TrialProblem trial={trial} /> <span className="font-mono text-xs text-muted">{trial.code}</span>
        </p>
      )}
      <dl className="grid grid-cols-3 gap-3">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-xs text-muted">{name}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {trial.reply && (
        <figure>
          <figcaption className="text-xs text-muted">{t.trial.reply}</figcaption>
          <blockquote className="mt-1 border-l-2 border-line-strong pl-3 whitespace-pre-wrap">{trial.reply}</blockquote>
        </figure>
      )}
    </>
  );
}
