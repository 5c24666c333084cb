"use client";

import { FlaskConical, Trash2 } from "lucide-react";
import { useState } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { ButtonLink, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { notify } from "@/ui/toast";
import { DownloadButton } from "../table/download-button";
import { MoreButton } from "../table/more-button";
import { TextLink } from "../table/text-link";
import { feedbackMessages } from "./messages";
import { useCases, useDeleteCase, type EvalCase } from "./queries";

/** What feedback has become: questions that every evaluation asks again. */
export function CasesPage() {
  const { cases: t } = useMessages(feedbackMessages);
  const { data, error, refetch, ...more } = useCases();
  const cases = data?.pages.flatMap((page) => page.items) ?? [];
  const [leaving, setLeaving] = useState<EvalCase | null>(null);
  return (
    <Page
      title={t.title}
      actions={cases.length > 0 && <DownloadButton path="/admin/eval-cases/export" kind="JSONL" of={t.title} />}
    >
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={6} />}
      {data && cases.length === 0 && (
        <EmptyState
          icon={<FlaskConical />}
          title={t.none}
          action={<ButtonLink href="/admin/feedback">{t.toFeedback}</ButtonLink>}
        >
          {t.noneText}
        </EmptyState>
      )}
      {cases.length > 0 && (
        <>
          <p className="text-sm text-muted">{t.intro}</p>
          <Cases cases={cases} remove={setLeaving} />
        </>
      )}
      <MoreButton {...more} />
      <DeleteDialog leaving={leaving} close={() => setLeaving(null)} />
    </Page>
  );
}

function Cases({ cases, remove }: { cases: EvalCase[]; remove: (leaving: EvalCase) => void }) {
  const { cases: t, ...all } = useMessages(feedbackMessages);
  const language = useLanguage();
  return (
    <Table caption={t.title}>
      <thead>
        <tr>
          <HeadCell>{all.question}</HeadCell>
          <HeadCell className="max-sm:hidden">{t.verdictLabel}</HeadCell>
          <HeadCell className="max-sm:hidden">{t.expected}</HeadCell>
          <HeadCell className="max-md:hidden">{t.since}</HeadCell>
          <HeadCell>
            <span className="sr-only">{t.remove}</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {cases.map((each) => (
          <Row key={each.id}>
            <Cell className="max-w-md wrap-anywhere sm:min-w-44">
              {each.feedback_id ? (
                <TextLink href={`/admin/feedback?f=${each.feedback_id}`} prefetch={false}>
                  {each.question}
                </TextLink>
              ) : (
                each.question
              )}
              {each.note && <p className="text-xs text-muted">{each.note}</p>}
              <p className="text-xs text-muted sm:hidden">
                {t.verdict[each.verdict]} · <Expected of={each} />
              </p>
            </Cell>
            <Cell className="whitespace-nowrap max-sm:hidden">{t.verdict[each.verdict]}</Cell>
            <Cell className="min-w-40 wrap-anywhere max-sm:hidden">
              <Expected of={each} />
            </Cell>
            <Cell className="whitespace-nowrap tabular-nums max-md:hidden">
              {formatTime(language, each.created_at)}
            </Cell>
            <Cell className="w-0 py-1">
              <IconButton label={`${t.remove}: ${each.question.slice(0, 60)}`} onClick={() => remove(each)}>
                <Trash2 />
              </IconButton>
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

function Expected({ of: { expected } }: { of: EvalCase }) {
  const { cases: t, exchange } = useMessages(feedbackMessages);
  if (!expected) return <span className="text-muted">{t.nothing}</span>;
  return (
    <>
      {expected.file_name}
      {expected.page !== null && <span className="text-muted">, {exchange.page(expected.page)}</span>}
    </>
  );
}

function DeleteDialog({ leaving, close }: { leaving: EvalCase | null; close: () => void }) {
  const { cases: t } = useMessages(feedbackMessages);
  const shell = useMessages(shellMessages);
  const remove = useDeleteCase();
  const act = async () => {
    if (!leaving) return;
    try {
      await remove.mutateAsync(leaving.id);
      notify(t.removed);
    } catch (error) {
      notify(sentenceOf(error, shell), "danger");
    }
  };
  return (
    <ConfirmDialog
      open={leaving !== null}
      onOpenChange={close}
      title={t.removeTitle}
      description={t.removeText}
      confirm={t.remove}
      danger
      onConfirm={act}
    />
  );
}
