"use client";

import { Coins } from "lucide-react";
import { useRef, useState } from "react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { MoreButton } from "../table/more-button";
import { useRowKeys } from "../table/use-row-keys";
import { BudgetDialog } from "./budget-dialog";
import { budgetListMessages } from "./list-messages";
import { useBudgets, type BudgetOwner, type BudgetsPage as Budgets } from "./queries";

/** What holds for everyone, and the budgets that somebody has set for one person or department. */
export function BudgetsPage() {
  const t = useMessages(budgetListMessages);
  const language = useLanguage();
  const { data, error, refetch, ...more } = useBudgets();
  const [asked, setAsked] = useState<BudgetOwner | null>(null);
  const budgets = data?.pages.flatMap((page) => page.items) ?? [];
  const first = data?.pages[0];
  const tokens = (limit: number | null) => (limit === null ? t.unlimited : formatNumber(language, limit));
  return (
    <Page title={t.title}>
      <p className="text-sm text-muted">{t.intro}</p>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={5} />}
      {first && (
        <dl className="grid max-w-xl grid-cols-2 gap-3 rounded border border-line bg-surface px-4 py-3">
          <div>
            <dt className="text-xs text-muted">{t.userDefault}</dt>
            <dd className="text-lg tabular-nums">{tokens(first.user_default)}</dd>
          </div>
          <div>
            <dt className="text-xs text-muted">{t.departmentDefault}</dt>
            <dd className="text-lg tabular-nums">{tokens(first.department_default)}</dd>
          </div>
        </dl>
      )}
      {budgets.length > 0 && <OwnBudgets budgets={budgets} tokens={tokens} change={setAsked} />}
      {data && budgets.length === 0 && (
        <EmptyState
          icon={<Coins />}
          title={t.none}
          action={
            <>
              <ButtonLink href="/admin/users">{t.toUsers}</ButtonLink>
              <ButtonLink href="/admin/departments">{t.toDepartments}</ButtonLink>
            </>
          }
        >
          {t.noneText}
        </EmptyState>
      )}
      <MoreButton {...more} />
      {asked && <BudgetDialog key={asked.id} owner={asked} close={() => setAsked(null)} />}
    </Page>
  );
}

interface OwnBudgetsProps {
  budgets: Budgets["items"];
  tokens: (limit: number | null) => string;
  change: (owner: BudgetOwner) => void;
}

function OwnBudgets({ budgets, tokens, change }: OwnBudgetsProps) {
  const t = useMessages(budgetListMessages);
  const language = useLanguage();
  const table = useRef<HTMLDivElement>(null);
  useRowKeys(table);
  return (
    <div ref={table}>
      <Table caption={t.set}>
        <thead>
          <tr>
            <HeadCell>{t.owner}</HeadCell>
            <HeadCell className="text-right">{t.tokens}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.since}</HeadCell>
          </tr>
        </thead>
        <tbody>
          {budgets.map(({ subject, owner_id: id, name, daily_tokens: limit, updated_at: since }) => (
            <Row key={id}>
              <Cell>
                <button
                  type="button"
                  data-row
                  aria-label={t.change(name)}
                  onClick={() => change({ subject, id, name })}
                  className="rounded-sm text-left font-semibold text-accent-text underline-offset-2 hover:underline"
                >
                  {name}
                </button>
                <p className="text-xs text-muted">{t[subject]}</p>
              </Cell>
              <Cell number>{tokens(limit)}</Cell>
              <Cell className="whitespace-nowrap tabular-nums max-sm:hidden">{formatTime(language, since)}</Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
