"use client";

import { Plus } from "lucide-react";
import { useRef, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { SearchBox } from "../table/search-box";
import { useFilters } from "../table/use-filters";
import { useRowKeys } from "../table/use-row-keys";
import { scopeMessages } from "./messages";

interface ScopeListProps<Item> {
  title: string;
  words: { add: string; emptyTitle: string; emptyText: string };
  icon: ReactNode;
  items: Item[] | undefined;
  error: unknown;
  retry: () => void;
  /** What a search looks into. */
  textOf: (item: Item) => string;
  add: () => void;
  table: (items: Item[]) => ReactNode;
  dialog: ReactNode;
}

const FILTERS = ["q"] as const;

/** The page of a list that is short by its nature: all of it, narrowed where one reads it. */
export function ScopeList<Item>({
  title,
  words,
  icon,
  items,
  error,
  retry,
  textOf,
  add,
  table,
  dialog,
}: ScopeListProps<Item>) {
  const t = useMessages(scopeMessages);
  const [{ q }, change] = useFilters(FILTERS);
  const rows = useRef<HTMLDivElement>(null);
  useRowKeys(rows);
  const found = items?.filter((item) => textOf(item).toLowerCase().includes(q.toLowerCase()));
  const addButton = (size: "small" | "medium") => (
    <Button look="primary" size={size} onClick={add}>
      <Plus />
      {words.add}
    </Button>
  );
  return (
    <Page title={title} narrow actions={addButton("small")}>
      {error !== null && <ProblemView error={error} retry={retry} />}
      {!items && error === null && <Skeleton lines={6} />}
      {items?.length === 0 && (
        <EmptyState icon={icon} title={words.emptyTitle} action={addButton("medium")}>
          {words.emptyText}
        </EmptyState>
      )}
      {found && items && items.length > 0 && (
        <>
          <SearchBox label={t.search} clear={t.clearSearch} value={q} onValueChange={(text) => change({ q: text })} />
          {found.length > 0 ? <div ref={rows}>{table(found)}</div> : <p className="text-sm text-muted">{t.noHits}</p>}
        </>
      )}
      {dialog}
    </Page>
  );
}
