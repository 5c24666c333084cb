"use client";

import { useState } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { notify } from "@/ui/toast";
import { TextLink } from "../table/text-link";
import { indexMessages } from "./messages";
import { useIndexState, useRebuild, type Index, type IndexState } from "./queries";

/** Which embedding model serves, which is set, and how far the change between them is. */
export function IndexPage() {
  const t = useMessages(indexMessages);
  const { data: state, error, refetch } = useIndexState();
  return (
    <Page title={t.title} actions={state && !state.is_up_to_date && <RebuildButton state={state} />}>
      <p className="max-w-3xl text-sm text-muted">{t.intro}</p>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!state && !error && <Skeleton lines={4} />}
      {state && (
        <>
          <p role="status" className="text-sm font-semibold">
            {state.next ? t.building : state.is_up_to_date ? t.upToDate : t.outOfDate}
          </p>
          {state.next?.error_message && (
            <p lang="en" className="rounded bg-danger-soft px-3 py-2 text-sm text-danger">
              {state.next.error_message}
            </p>
          )}
          {state.progress && <Progress {...state.progress} />}
          <Indexes state={state} />
        </>
      )}
    </Page>
  );
}

function Progress({ copied, documents, refused }: NonNullable<IndexState["progress"]>) {
  const t = useMessages(indexMessages);
  return (
    <div className="flex flex-col gap-1">
      <progress
        aria-label={t.progressLabel}
        className="h-2 w-full accent-accent"
        value={copied}
        max={Math.max(documents, 1)}
      />
      <p className="text-sm text-muted tabular-nums">{t.progress(copied, documents)}</p>
      {refused > 0 && (
        <TextLink href="/admin/documents?reason=model_refused_request" className="self-start text-sm">
          {t.refused(refused)}
        </TextLink>
      )}
    </div>
  );
}

function Indexes({ state }: { state: IndexState }) {
  const t = useMessages(indexMessages);
  const { model, provider, dimensions } = state.configured;
  const rows: [role: string, model: Index["model"], index: Index | null][] = [
    [t.serving, state.serving.model, state.serving],
    [t.configured, { model, provider, dimensions }, null],
  ];
  if (state.next) rows.push([t.next, state.next.model, state.next]);
  rows.push(...state.leaving.map((index): (typeof rows)[number] => [t.leaving, index.model, index]));
  return (
    <Table caption={t.title}>
      <thead>
        <tr>
          <HeadCell>
            <span className="sr-only">{t.title}</span>
          </HeadCell>
          <HeadCell>{t.model}</HeadCell>
          <HeadCell className="max-sm:hidden">{t.provider}</HeadCell>
          <HeadCell className="text-right max-sm:hidden">{t.dimensions}</HeadCell>
          <HeadCell className="max-md:hidden">{t.collection}</HeadCell>
          <HeadCell className="max-sm:hidden">{t.since}</HeadCell>
        </tr>
      </thead>
      <tbody>
        {rows.map(([role, made, index]) => (
          <Line key={`${role} ${index?.collection ?? ""}`} role={role} model={made} index={index} />
        ))}
      </tbody>
    </Table>
  );
}

function Line({ role, model, index }: { role: string; model: Index["model"]; index: Index | null }) {
  const language = useLanguage();
  return (
    <Row>
      <th scope="row" className="px-3 py-2 text-left align-top sm:whitespace-nowrap">
        {role}
      </th>
      <Cell>
        {model.model}
        <p className="text-xs text-muted tabular-nums sm:hidden">
          {[model.provider, model.dimensions, index && formatTime(language, index.since)].filter(Boolean).join(" · ")}
        </p>
      </Cell>
      <Cell className="max-sm:hidden">{model.provider}</Cell>
      <Cell number className="max-sm:hidden">
        {model.dimensions}
      </Cell>
      <Cell className="font-mono text-xs leading-5 max-md:hidden">{index?.collection}</Cell>
      <Cell className="whitespace-nowrap tabular-nums max-sm:hidden">{index && formatTime(language, index.since)}</Cell>
    </Row>
  );
}

function RebuildButton({ state }: { state: IndexState }) {
  const t = useMessages(indexMessages);
  const shell = useMessages(shellMessages);
  const rebuild = useRebuild();
  const [isAsking, setIsAsking] = useState(false);
  const name = state.next ? t.goOn : t.rebuild;
  return (
    <>
      <Button look="primary" size="small" onClick={() => setIsAsking(true)}>
        {name}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title={t.rebuildTitle}
        description={t.rebuildText}
        confirm={name}
        onConfirm={() =>
          rebuild.mutateAsync().then(
            () => notify(t.begun),
            (error: unknown) => notify(sentenceOf(error, shell), "danger"),
          )
        }
      />
    </>
  );
}
