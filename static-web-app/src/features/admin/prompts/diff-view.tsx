"use client";

import { useMemo, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { useMediaQuery } from "@/ui/use-media-query";
import { promptMessages } from "./messages";
import { usePromptDiff, type DiffLine, type PromptDiff } from "./queries";
import { sideBySide, wordChanges, type Part, type SideBySideRow } from "./side-by-side";

/** Two texts side by side, where there is room for it; else one line below the other. */
export function DiffView({ id, against }: { id: string; against: string | null }) {
  const t = useMessages(promptMessages);
  const { data, error, refetch } = usePromptDiff(id, against);
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton lines={6} />;
  return (
    <section aria-label={t.diff.caption} className="flex flex-col gap-2">
      <p role="status" className="text-sm text-muted">
        {data.added + data.removed === 0 ? t.diff.same : t.diff.lines(data.added, data.removed)}
        {data.against === null && ` ${t.diff.againstOwn}`}
      </p>
      {data.added + data.removed > 0 && <DiffTable diff={data} />}
    </section>
  );
}

interface MarkedRow extends SideBySideRow {
  words: ReturnType<typeof wordChanges>;
}

function DiffTable({ diff }: { diff: PromptDiff }) {
  const t = useMessages(promptMessages);
  const isWide = useMediaQuery("(min-width: 768px)");
  const rows = useMemo<MarkedRow[]>(
    () =>
      sideBySide(diff.lines).map((row) => ({
        ...row,
        words: row.old && row.new && row.old !== row.new ? wordChanges(row.old.text, row.new.text) : null,
      })),
    [diff],
  );
  return (
    <div className="overflow-hidden rounded border border-line bg-surface">
      <table className="w-full table-fixed border-collapse font-mono text-xs">
        <caption className="sr-only">{t.diff.caption}</caption>
        {isWide && (
          <thead>
            <tr className="border-b border-line text-left font-sans text-muted">
              <th scope="col" className="w-1/2 px-3 py-2">
                {t.diff.older}
              </th>
              <th scope="col" className="w-1/2 border-l border-line px-3 py-2">
                {t.diff.newer}
              </th>
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((row, at) => (isWide ? <WideRow key={at} row={row} /> : <NarrowRows key={at} row={row} />))}
        </tbody>
      </table>
    </div>
  );
}

function WideRow({ row }: { row: MarkedRow }) {
  return (
    <tr>
      <Line line={row.old} number={row.old?.old_number} words={row.words?.old} />
      <Line line={row.new} number={row.new?.new_number} words={row.words?.new} className="border-l border-line" />
    </tr>
  );
}

function NarrowRows({ row }: { row: MarkedRow }) {
  const isSame = row.old === row.new;
  return (
    <>
      {row.old && (
        <tr>
          <Line line={row.old} number={row.old.old_number} words={row.words?.old} />
        </tr>
      )}
      {row.new && !isSame && (
        <tr>
          <Line line={row.new} number={row.new.new_number} words={row.words?.new} />
        </tr>
      )}
    </>
  );
}

const TONE = { same: "", removed: "bg-danger-soft", added: "bg-accent-soft" };
const SIGN = { same: " ", removed: "−", added: "+" };

interface LineProps {
  /** Null where this side has nothing. */
  line: DiffLine | null;
  number: number | null | undefined;
  words: Part[] | undefined;
  className?: string;
}

function Line({ line, number, words, className }: LineProps) {
  const t = useMessages(promptMessages);
  if (!line) return <td className={classes("bg-hover", className)} />;
  const { change, text } = line;
  return (
    <td className={classes("px-2 py-0.5 align-top", TONE[change], className)}>
      <span className="flex gap-2">
        <span aria-hidden className="w-6 shrink-0 text-right text-muted select-none">
          {number}
        </span>
        <span aria-hidden className="w-2 shrink-0 select-none">
          {SIGN[change]}
        </span>
        {change !== "same" && <span className="sr-only">{change === "added" ? t.diff.added : t.diff.removed}: </span>}
        <span className="min-w-0 break-words whitespace-pre-wrap">{words ? words.map(partView(change)) : text}</span>
      </span>
    </td>
  );
}

/** The changed words of a line are underlined or struck through: the colour of the line alone does not tell them. */
function partView(change: DiffLine["change"]): (part: Part, at: number) => ReactNode {
  const Changed = change === "added" ? "ins" : "del";
  return ({ text, changed }, at) =>
    changed ? (
      <Changed key={at} className={classes("font-semibold", change === "added" ? "text-accent-text" : "text-danger")}>
        {text}
      </Changed>
    ) : (
      text
    );
}
