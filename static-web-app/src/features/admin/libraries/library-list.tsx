"use client";

import { LibraryBig, Plus } from "lucide-react";
import { useRef } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { useScopeWords } from "../scope/scope";
import { adminMessages } from "../shell/messages";
import { SearchBox } from "../table/search-box";
import { TextLink } from "../table/text-link";
import { useFilters } from "../table/use-filters";
import { useRowKeys } from "../table/use-row-keys";
import { addressWords } from "./address-words";
import { LibraryState } from "./library-state";
import { libraryMessages } from "./messages";
import { useLibraries, type Library } from "./queries";

const FILTERS = ["q"] as const;

export function LibraryList() {
  const t = useMessages(libraryMessages);
  const [{ q }, change] = useFilters(FILTERS);
  const { data, error, refetch } = useLibraries();
  const libraries = data?.filter(({ name, library_url: url }) =>
    `${name} ${url}`.toLowerCase().includes(q.toLowerCase()),
  );
  return (
    <Page
      title={t.title}
      actions={
        <ButtonLink href="/admin/libraries/new" look="primary" size="small">
          <Plus />
          {t.add}
        </ButtonLink>
      }
    >
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={6} />}
      {data?.length === 0 && <NoLibrary />}
      {data && libraries && data.length > 0 && (
        <>
          <SearchBox label={t.search} clear={t.clearSearch} value={q} onValueChange={(text) => change({ q: text })} />
          {libraries.length > 0 ? (
            <Libraries libraries={libraries} />
          ) : (
            <p className="text-sm text-muted">{t.noHits}</p>
          )}
        </>
      )}
    </Page>
  );
}

function Libraries({ libraries }: { libraries: Library[] }) {
  const t = useMessages(libraryMessages);
  const language = useLanguage();
  const scopeOf = useScopeWords(useMessages(adminMessages));
  const table = useRef<HTMLDivElement>(null);
  useRowKeys(table);
  return (
    <div ref={table}>
      <Table caption={t.title}>
        <thead>
          <tr>
            <HeadCell>{t.name}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.state}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.whoMayRead}</HeadCell>
            <HeadCell className="max-md:hidden">{t.lastSync}</HeadCell>
          </tr>
        </thead>
        <tbody>
          {libraries.map((library) => (
            <Row key={library.id}>
              <Cell className="sm:min-w-48">
                <TextLink data-row href={`/admin/libraries?l=${library.id}`} className="font-semibold">
                  {library.name}
                </TextLink>
                <p className="max-w-md text-xs text-muted wrap-anywhere">{addressWords(library.library_url)}</p>
                <div className="mt-1 sm:hidden">
                  <StateAndWhy library={library} />
                  <p className="mt-1 text-xs text-muted">{scopeOf(library)}</p>
                </div>
              </Cell>
              <Cell className="max-sm:hidden">
                <StateAndWhy library={library} />
              </Cell>
              <Cell className="whitespace-nowrap max-sm:hidden">
                {scopeOf(library)}
                {library.scope_rules.length > 0 && (
                  <p className="text-xs text-muted">{t.andFolders(library.scope_rules.length)}</p>
                )}
              </Cell>
              <Cell className="whitespace-nowrap tabular-nums max-md:hidden">
                {library.last_sync_at ? formatTime(language, library.last_sync_at) : t.never}
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function StateAndWhy({ library }: { library: Library }) {
  const why = library.error_message ?? library.notice;
  return (
    <>
      <LibraryState library={library} />
      {why && (
        <p lang="en" className="mt-1 max-w-xs text-xs text-muted">
          {why}
        </p>
      )}
    </>
  );
}

/** The three steps to the first library. */
export function NoLibrary() {
  const t = useMessages(libraryMessages);
  return (
    <EmptyState
      icon={<LibraryBig />}
      title={t.first.title}
      action={
        <ButtonLink href="/admin/libraries/new" look="primary">
          {t.add}
        </ButtonLink>
      }
    >
      <p>{t.first.text}</p>
      <ol className="mt-3 flex list-decimal flex-col gap-2 pl-5 text-left">
        {t.first.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </EmptyState>
  );
}
