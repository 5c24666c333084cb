"use client";

import { CircleHelp, ExternalLink, RotateCw } from "lucide-react";
import { useState } from "react";
import { ApiError } from "@/api/problem";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button, ButtonLink } from "@/ui/button";
import { ConfirmDialog, Dialog } from "@/ui/dialog";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { notify } from "@/ui/toast";
import { DocumentFacts } from "./document-facts";
import { documentMessages } from "./messages";
import { useDocument, useReadAgain, useSwitch, type Document } from "./queries";

/** One document: what is known of it, why it is not indexed, and what can be done. */
export function DocumentDialog({ id, close }: { id: string; close: () => void }) {
  const t = useMessages(documentMessages);
  const { data: document, error, refetch } = useDocument(id);
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <Dialog
      open
      wide
      onOpenChange={close}
      title={document?.file_name ?? t.name}
      footer={document && !isGone && <DocumentActions document={document} />}
    >
      <div className="min-h-64">
        {isGone && <p className="text-sm text-muted">{t.details.gone}</p>}
        {error && !isGone && <ProblemView error={error} retry={() => void refetch()} />}
        {!document && !error && <Skeleton lines={9} />}
        {document && !isGone && <DocumentFacts document={document} />}
      </div>
    </Dialog>
  );
}

function DocumentActions({ document }: { document: Document }) {
  const { details: t } = useMessages(documentMessages);
  const shell = useMessages(shellMessages);
  const readAgain = useReadAgain(document.id);
  const switching = useSwitch(document.id);
  const [isAsking, setIsAsking] = useState(false);
  const failed = (error: unknown) => notify(sentenceOf(error, shell), "danger");
  const switchTo = (isActive: boolean) =>
    switching.mutateAsync(isActive).then(() => notify(isActive ? t.switchedOn : t.switchedOff), failed);
  const begin = () =>
    readAgain.mutate(undefined, {
      onSuccess: ({ sync_run_id: run }) => notify(run ? t.readAgainBegun : t.readAgainLater),
      onError: failed,
    });
  return (
    <>
      <ButtonLink size="small" href={document.file_url} target="_blank" rel="noopener" prefetch={false}>
        <ExternalLink />
        {t.open}
      </ButtonLink>
      <ButtonLink size="small" href={`/admin/documents/explain?d=${document.id}`}>
        <CircleHelp />
        {t.explain}
      </ButtonLink>
      <Button size="small" disabled={readAgain.isPending} onClick={begin}>
        <RotateCw />
        {t.readAgain}
      </Button>
      <Button
        size="small"
        disabled={switching.isPending}
        onClick={() => (document.is_active ? setIsAsking(true) : void switchTo(true))}
      >
        {document.is_active ? t.switchOff : t.switchOn}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title={t.switchOffTitle}
        description={t.switchOffText(document.file_name)}
        confirm={t.switchOff}
        danger
        onConfirm={() => switchTo(false)}
      />
    </>
  );
}
