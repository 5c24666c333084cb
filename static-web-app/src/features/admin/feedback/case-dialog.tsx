"use client";

import { useState } from "react";
import { api } from "@/api/client";
import { useMessages } from "@/i18n/messages";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select, Textarea } from "@/ui/field";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { notify } from "@/ui/toast";
import { fieldErrorOf, FormDialog } from "../dialog/form-dialog";
import { RadioGroup } from "../dialog/radio-group";
import { Finder, type Found } from "../table/finder";
import { caseOf, isPage, type CaseDraft } from "./case-draft";
import { feedbackMessages } from "./messages";
import { useCase, useMakeCase, type EvalCase, type Exchange, type RetrievedSource } from "./queries";

const VERDICTS = ["right", "wrong", "unanswerable"] as const;
/** In the place of a document's id: one that is not among the sources. */
const ANOTHER = "another";

interface DialogProps {
  exchange: Exchange;
  close: () => void;
}

/** Makes an exchange a case, or changes the one that it has become: then its form holds what was said before. */
export function CaseDialog({ exchange, close }: DialogProps) {
  const t = useMessages(feedbackMessages);
  // as it was when it opened: a new case is none to be loaded
  const [caseId] = useState(exchange.eval_case_id);
  const { data: made, error, refetch } = useCase(caseId);
  if (caseId === null || made !== undefined) return <CaseForm exchange={exchange} made={made ?? null} close={close} />;
  return (
    <Dialog open onOpenChange={close} title={t.changeCase}>
      {error ? <ProblemView error={error} retry={() => void refetch()} /> : <Skeleton lines={6} />}
    </Dialog>
  );
}

function CaseForm({ exchange, made, close }: DialogProps & { made: EvalCase | null }) {
  const { caseForm: t, ...all } = useMessages(feedbackMessages);
  const make = useMakeCase(exchange.id);
  const [draft, setDraft] = useState(() => (made ? draftOf(made, exchange) : firstDraft(exchange)));
  const change = (changed: Partial<CaseDraft>) => setDraft((before) => ({ ...before, ...changed }));
  const wanted = caseOf(draft);
  const onSubmit = () => {
    if (!wanted) return;
    make.mutate(wanted, {
      onSuccess: () => {
        notify(t.saved);
        close();
      },
    });
  };
  return (
    <FormDialog
      title={exchange.eval_case_id ? all.changeCase : all.makeCase}
      description={t.text}
      submit={t.save}
      canSubmit={wanted !== undefined}
      isPending={make.isPending}
      error={make.error}
      ownFields={["/expected/document_id"]}
      onSubmit={onSubmit}
      close={close}
    >
      <RadioGroup
        label={t.verdict}
        value={draft.verdict}
        onValueChange={(verdict) => change({ verdict })}
        choices={VERDICTS.map((value) => ({ value, label: t[value], hint: t[`${value}Hint`] }))}
      />
      {draft.verdict !== "unanswerable" && (
        <Expected
          sources={exchange.sources}
          known={made?.expected ?? null}
          draft={draft}
          change={change}
          error={fieldErrorOf(make.error, "/expected/document_id")}
        />
      )}
      <Field label={t.question} hint={t.questionHint}>
        <Textarea
          value={draft.question}
          maxLength={16_000}
          placeholder={exchange.question ?? ""}
          onChange={(event) => change({ question: event.target.value })}
        />
      </Field>
      <Field label={t.note}>
        <Textarea value={draft.note} maxLength={4_000} onChange={(event) => change({ note: event.target.value })} />
      </Field>
    </FormDialog>
  );
}

/** What was cited first is most often what answers the question. */
function firstDraft({ rating, sources }: Exchange): CaseDraft {
  const first = rating === "positive" ? sources.find((source) => source.cited_as === 1) : undefined;
  return {
    verdict: rating === "positive" ? "right" : "wrong",
    documentId: first?.document_id ?? "",
    page: first?.page ? String(first.page) : "",
    note: "",
    question: "",
  };
}

/** The asker's own words stand for themselves: only others are kept beside them. */
function draftOf({ verdict, expected, note, question }: EvalCase, exchange: Exchange): CaseDraft {
  return {
    verdict,
    documentId: expected?.document_id ?? "",
    page: expected?.page ? String(expected.page) : "",
    note: note ?? "",
    question: question === exchange.question ? "" : question,
  };
}

interface ExpectedProps {
  sources: readonly RetrievedSource[];
  /** What the case says by now. */
  known: EvalCase["expected"];
  draft: CaseDraft;
  change: (change: Partial<CaseDraft>) => void;
  error: string | undefined;
}

function Expected({ sources, known, draft, change, error }: ExpectedProps) {
  const { caseForm: t } = useMessages(feedbackMessages);
  const isKnownElsewhere = known !== null && !sources.some((source) => source.document_id === known.document_id);
  const [isAnother, setIsAnother] = useState(sources.length === 0 || isKnownElsewhere);
  // several passages of one document are one document
  const documents = new Map(sources.toReversed().map((source) => [source.document_id, source.title]));
  const find = async (text: string, signal: AbortSignal): Promise<Found[]> => {
    const { items } = await api.get("/admin/documents", { query: { q: text, limit: 8 }, signal });
    return items.map(({ id, file_name: label, library_name, path }) => ({
      id,
      label,
      detail: [library_name, path].filter(Boolean).join(" · "),
    }));
  };
  const choose = (id: string) => {
    setIsAnother(id === ANOTHER);
    change({ documentId: id === ANOTHER ? "" : id, page: "" });
  };
  return (
    <div className="flex flex-col gap-4">
      <Field label={t.document} error={isAnother ? undefined : error}>
        <Select value={isAnother ? ANOTHER : draft.documentId} onChange={(event) => choose(event.target.value)}>
          <option value="">{t.choose}</option>
          {[...documents].toReversed().map(([id, title]) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
          <option value={ANOTHER}>{t.another}</option>
        </Select>
      </Field>
      {isAnother && (
        <div className="flex flex-col gap-1">
          <Finder
            label={t.find}
            hint={t.findHint}
            name="documents"
            find={find}
            defaultText={isKnownElsewhere ? known.file_name : ""}
            onChosen={({ id }) => change({ documentId: id })}
            onText={() => change({ documentId: "" })}
          />
          {error && <p className="text-xs text-danger">{error}</p>}
        </div>
      )}
      <Field label={t.page} hint={t.pageHint} error={isPage(draft.page) ? undefined : t.pageWrong}>
        <Input
          inputMode="numeric"
          className="max-w-32"
          value={draft.page}
          onChange={(event) => change({ page: event.target.value })}
        />
      </Field>
    </div>
  );
}
