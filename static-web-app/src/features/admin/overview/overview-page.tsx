"use client";

import { TriangleAlert } from "lucide-react";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { isAtLeast, useUser } from "@/api/use-user";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { useSummary, type Summary } from "../documents/queries";
import { reasonMessages, reasonWords } from "../documents/reasons";
import { StatusFilter } from "../documents/status-filter";
import { NoLibrary } from "../libraries/library-list";
import { LibraryState, stateOf } from "../libraries/library-state";
import { useLibraries, type Library } from "../libraries/queries";
import { useIndexState } from "../search-index/queries";
import { TextLink } from "../table/text-link";
import { overviewMessages } from "./messages";

const SHOWN_REASONS = 8;

/** How the knowledge stands, and what needs a look: each line leads to where it is seen to. */
export function OverviewPage() {
  const t = useMessages(overviewMessages);
  const libraries = useLibraries();
  const summary = useSummary({ library: "", q: "" });
  const router = useRouter();
  const error = libraries.error ?? summary.error;
  const again = () => void Promise.all([libraries.refetch(), summary.refetch()]);
  return (
    <Page title={t.title}>
      {error && <ProblemView error={error} retry={again} />}
      {!error && !libraries.data && <Skeleton lines={6} />}
      {libraries.data?.length === 0 && <NoLibrary />}
      {libraries.data && libraries.data.length > 0 && (
        <>
          <Section title={t.documents}>
            <StatusFilter
              summary={summary.data}
              status={null}
              onChange={(status) => router.push(status ? `/admin/documents?status=${status}` : "/admin/documents")}
            />
          </Section>
          <Section title={t.attention}>
            <Attention libraries={libraries.data} />
          </Section>
          <Section title={t.notIndexed}>{summary.data ? <Reasons summary={summary.data} /> : <Skeleton />}</Section>
        </>
      )}
    </Page>
  );
}

function Attention({ libraries }: { libraries: Library[] }) {
  const t = useMessages(overviewMessages);
  const isSuperAdmin = isAtLeast(useUser().role, "super_admin");
  const { data: index } = useIndexState({ enabled: isSuperAdmin });
  const odd = libraries.filter(
    (library) => stateOf(library) !== "idle" || library.notice !== null || library.relabelling,
  );
  const isIndexOdd = index !== undefined && !index.is_up_to_date;
  if (odd.length === 0 && !isIndexOdd) return <p className="text-sm text-muted">{t.allFine}</p>;
  return (
    <ul className="flex flex-col divide-y divide-line rounded border border-line">
      {isIndexOdd && (
        <li className="flex items-center gap-2 px-3 py-2 text-sm">
          <TriangleAlert aria-hidden className="size-4 shrink-0 text-warning" />
          <TextLink href="/admin/search-index">{index.next ? t.indexBuilding : t.indexOld}</TextLink>
        </li>
      )}
      {odd.map((library) => (
        <li key={library.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm">
          <TextLink href={`/admin/libraries?l=${library.id}`} className="font-semibold">
            {library.name}
          </TextLink>
          <LibraryState library={library} />
          {(library.error_message ?? library.notice) && (
            <span lang="en" className="min-w-0 text-muted">
              {library.error_message ?? library.notice}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Reasons({ summary }: { summary: Summary }) {
  const t = useMessages(overviewMessages);
  const words = useMessages(reasonMessages);
  const language = useLanguage();
  if (summary.reasons.length === 0) return <p className="text-sm text-muted">{t.everythingIndexed}</p>;
  return (
    <ul className="flex flex-col gap-1">
      {summary.reasons.slice(0, SHOWN_REASONS).map(({ status, reason_code: code, documents }) => (
        <li key={`${status} ${code}`} className="flex gap-3 text-sm">
          <span className="w-14 shrink-0 text-right tabular-nums">{formatNumber(language, documents)}</span>
          <TextLink href={`/admin/documents?status=${status}&reason=${code}`}>
            {reasonWords(words, code ?? status)}
          </TextLink>
        </li>
      ))}
    </ul>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{title}</h2>
      {children}
    </section>
  );
}
