"use client";

import { useRef } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { CorrelationId } from "@/ui/problem-view";
import { Badge } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { useRowKeys } from "../table/use-row-keys";
import { actionMessages, actionWords } from "./actions";
import { auditMessages } from "./messages";
import type { AuditEntry, AuditFilters } from "./queries";

interface AuditTableProps {
  entries: AuditEntry[];
  names: ReadonlyMap<string, string>;
  narrow: (change: Partial<AuditFilters>) => void;
}

export function AuditTable({ entries, names, narrow }: AuditTableProps) {
  const t = useMessages(auditMessages);
  const table = useRef<HTMLDivElement>(null);
  useRowKeys(table);
  return (
    <div ref={table}>
      <Table caption={t.title}>
        <thead>
          <tr>
            <HeadCell className="max-sm:hidden">{t.at}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.person}</HeadCell>
            <HeadCell>{t.action}</HeadCell>
            <HeadCell>{t.outcome}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.target}</HeadCell>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Line key={entry.id} entry={entry} names={names} narrow={narrow} />
          ))}
        </tbody>
      </Table>
    </div>
  );
}

const TONES = { ok: "neutral", denied: "warning", failed: "danger" } as const;

function Line({ entry, names, narrow }: Omit<AuditTableProps, "entries"> & { entry: AuditEntry }) {
  const t = useMessages(auditMessages);
  const words = useMessages(actionMessages);
  const language = useLanguage();
  const { actor_id: actor, target, action } = entry;
  const what = actionWords(words, action);
  const name = actor && names.get(actor);
  return (
    <Row>
      <Cell className="whitespace-nowrap tabular-nums max-sm:hidden">{formatTime(language, entry.at)}</Cell>
      <Cell className="max-w-48 truncate max-sm:hidden">
        {actor ? (
          <OnlyButton label={t.only(name ?? actor)} onClick={() => narrow({ actor })} isId={!name}>
            {name ?? actor.slice(0, 8)}
          </OnlyButton>
        ) : (
          <span className="text-muted" data-tip={t.nobody}>
            –<span className="sr-only">{t.nobody}</span>
          </span>
        )}
      </Cell>
      <Cell className="sm:min-w-52">
        <p className="text-xs text-muted tabular-nums sm:hidden">
          {[formatTime(language, entry.at), name ?? actor?.slice(0, 8)].filter(Boolean).join(" · ")}
        </p>
        <details>
          <summary data-row className="rounded-sm" aria-label={t.detailsOf(what)}>
            {what}
          </summary>
          <div className="flex flex-col items-start gap-1 pt-2">
            <code className="text-xs text-muted">{action}</code>
            {Object.keys(entry.detail).length > 0 && (
              <pre className="max-w-full font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
                {JSON.stringify(entry.detail, null, 2)}
              </pre>
            )}
            {entry.correlation_id && <CorrelationId id={entry.correlation_id} />}
          </div>
        </details>
      </Cell>
      <Cell>
        <Badge tone={TONES[entry.outcome]}>{t.outcomes[entry.outcome]}</Badge>
      </Cell>
      <Cell className="max-w-40 truncate max-sm:hidden">
        {target && (
          <OnlyButton label={t.only(target)} onClick={() => narrow({ target })} isId>
            {target.slice(0, 12)}
          </OnlyButton>
        )}
      </Cell>
    </Row>
  );
}

interface OnlyButtonProps {
  label: string;
  onClick: () => void;
  isId: boolean;
  children: string;
}

/** Narrows the log to what is in a cell. */
function OnlyButton({ label, onClick, isId, children }: OnlyButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      data-tip={label}
      onClick={onClick}
      className={`max-w-full truncate rounded-sm text-left underline-offset-2 hover:underline ${isId ? "font-mono text-xs leading-5" : ""}`}
    >
      {children}
    </button>
  );
}
