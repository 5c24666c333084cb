"use client";

import { useState, type SyntheticEvent } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { notify } from "@/ui/toast";
import { TextLink } from "../table/text-link";
import { draftOf, isSame, KINDS, retentionOf, shortened, type Retention } from "./draft";
import { KindField } from "./kind-field";
import { retentionMessages } from "./messages";
import { useRetention, useSetRetention, type RetentionState } from "./queries";

/** How long what people said, what they thought of it, and what was done are kept. */
export function RetentionPage() {
  const t = useMessages(retentionMessages);
  const { data: state, error, refetch } = useRetention();
  return (
    <Page title={t.title} narrow>
      <p className="text-sm text-muted">{t.intro}</p>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!state && !error && <Skeleton lines={6} />}
      {state && <RetentionForm key={state.updated_at} state={state} />}
    </Page>
  );
}

function RetentionForm({ state }: { state: RetentionState }) {
  const t = useMessages(retentionMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const set = useSetRetention();
  const [draft, setDraft] = useState(() => draftOf(state));
  const [isAsking, setIsAsking] = useState(false);
  const wanted = retentionOf(draft);
  const less = wanted ? shortened(state, wanted) : [];
  const save = async (retention: Retention) => {
    try {
      await set.mutateAsync(retention);
      notify(t.saved);
    } catch {
      // the mutation holds it, and it is shown above the button
    }
  };
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!wanted) return;
    if (less.length > 0) setIsAsking(true);
    else void save(wanted);
  };
  const changes = less.map((kind) => t.change(t.kinds[kind].name, Number(draft[kind]))).join(" ");
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {KINDS.map((kind) => (
        <KindField
          key={kind}
          kind={kind}
          text={draft[kind]}
          onTextChange={(text) => setDraft((before) => ({ ...before, [kind]: text }))}
        />
      ))}
      {set.error && <ProblemView error={set.error} />}
      <div className="flex flex-wrap items-center gap-3 text-sm text-muted">
        <Button look="primary" type="submit" disabled={!wanted || isSame(state, wanted) || set.isPending}>
          {shell.save}
        </Button>
        <span>{state.updated_at ? t.setAt(formatTime(language, state.updated_at)) : t.neverSet}</span>
        <TextLink href="/admin/audit?action=retention.messages" prefetch={false} className="sm:ml-auto">
          {t.toAudit}
        </TextLink>
      </div>
      {wanted && (
        <ConfirmDialog
          open={isAsking}
          onOpenChange={setIsAsking}
          title={t.confirmTitle}
          description={t.confirmText(changes)}
          confirm={t.confirm}
          danger
          onConfirm={() => save(wanted)}
        />
      )}
    </form>
  );
}
