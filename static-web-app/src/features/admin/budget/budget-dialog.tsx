"use client";

import { useState } from "react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { shellMessages } from "@/i18n/shell";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { notify } from "@/ui/toast";
import { FormDialog } from "../dialog/form-dialog";
import { RadioGroup } from "../dialog/radio-group";
import { budgetMessages } from "./messages";
import { useBudget, useBudgetDefault, useSetBudget, type Budget, type BudgetOwner } from "./queries";
import { choiceOf, wishOf, type BudgetChoice } from "./wish";

/** What somebody may use in a day, and has used: of a person, or of a department together. */
export function BudgetDialog({ owner, close }: { owner: BudgetOwner; close: () => void }) {
  const t = useMessages(budgetMessages);
  const { data, error, refetch } = useBudget(owner);
  if (data) return <BudgetForm owner={owner} budget={data} close={close} />;
  return (
    <Dialog open onOpenChange={close} title={t.title(owner.name)}>
      <div className="pb-4">
        {error ? <ProblemView error={error} retry={() => void refetch()} /> : <Skeleton lines={5} />}
      </div>
    </Dialog>
  );
}

function BudgetForm({ owner, budget, close }: { owner: BudgetOwner; budget: Budget; close: () => void }) {
  const t = useMessages(budgetMessages);
  const shell = useMessages(shellMessages);
  const { data: whatIsDefault } = useBudgetDefault(owner.subject);
  const set = useSetBudget(owner);
  const [choice, setChoice] = useState(choiceOf(budget));
  const [text, setText] = useState(choice === "own" ? String(budget.limit) : "");
  const wish = wishOf(choice, text);
  const onSubmit = () => {
    if (wish === undefined) return;
    set.mutate(wish, {
      onSuccess: () => {
        notify(t.saved);
        close();
      },
    });
  };
  return (
    <FormDialog
      title={t.title(owner.name)}
      description={owner.subject === "user" ? t.ofUser : t.ofDepartment}
      submit={shell.save}
      canSubmit={wish !== undefined}
      isPending={set.isPending}
      error={set.error}
      onSubmit={onSubmit}
      close={close}
    >
      <Usage budget={budget} />
      <RadioGroup<BudgetChoice>
        label={t.choice}
        value={choice}
        onValueChange={setChoice}
        choices={[
          { value: "default", label: whatIsDefault === undefined ? t.asDefaultUnknown : t.asDefault(whatIsDefault) },
          { value: "own", label: t.own },
          { value: "none", label: t.none },
        ]}
      />
      {choice === "own" && (
        <Field label={t.tokens} error={text.trim() !== "" && wish === undefined ? t.tokensWrong : undefined}>
          <Input inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
      )}
    </FormDialog>
  );
}

function Usage({ budget }: { budget: Budget }) {
  const t = useMessages(budgetMessages);
  const language = useLanguage();
  const facts = [
    [t.used, formatNumber(language, budget.used)],
    [t.left, budget.remaining === null ? t.unlimited : formatNumber(language, budget.remaining)],
    [t.resets, formatTime(language, budget.resets_at)],
  ];
  return (
    <dl className="grid grid-cols-3 gap-3 rounded border border-line px-3 py-2 text-sm">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-xs text-muted">{name}</dt>
          <dd className="tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
