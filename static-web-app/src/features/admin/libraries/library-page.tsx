"use client";

import { ArrowLeft, Files } from "lucide-react";
import type { ReactNode } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { ApiError } from "@/api/problem";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { formatTime } from "@/i18n/quantities";
import { MoreButton } from "../table/more-button";
import { TextLink } from "../table/text-link";
import { LibraryActions } from "./library-actions";
import { LibraryState } from "./library-state";
import { libraryMessages } from "./messages";
import { useLibrary, useRuns, type Library } from "./queries";
import { RunHistory } from "./run/run-history";
import { LastRun } from "./run/last-run";
import { runMessages } from "./run/messages";
import { ScopeForm } from "./scope/scope-form";

/** One library: how its last sync went, who may read it, and how earlier syncs went. */
export function LibraryPage({ id }: { id: string }) {
  const t = useMessages(libraryMessages);
  const { data: library, error, refetch } = useLibrary(id);
  return (
    <Page title={library?.name ?? t.name} actions={library && <LibraryActions library={library} />}>
      <TextLink href="/admin/libraries" className="flex items-center gap-1.5 self-start text-sm">
        <ArrowLeft aria-hidden className="size-4" />
        {t.allLibraries}
      </TextLink>
      {error && error instanceof ApiError && error.status === 404 ? (
        <EmptyState title={t.gone} action={<ButtonLink href="/admin/libraries">{t.allLibraries}</ButtonLink>} />
      ) : (
        error && <ProblemView error={error} retry={() => void refetch()} />
      )}
      {!library && !error && <Skeleton lines={8} />}
      {library && <Sections library={library} />}
    </Page>
  );
}

function Sections({ library }: { library: Library }) {
  const t = useMessages(libraryMessages);
  const language = useLanguage();
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm text-muted">
        <LibraryState library={library} />
        <span className="min-w-0 wrap-anywhere">{library.library_url}</span>
        <span>
          {t.lastSync}: {library.last_sync_at ? formatTime(language, library.last_sync_at) : t.never}
        </span>
        <ButtonLink size="small" href={`/admin/documents?library=${library.id}`} className="ml-auto">
          <Files />
          {t.showDocuments}
        </ButtonLink>
      </div>
      {library.error_message && (
        <p lang="en" className="rounded bg-danger-soft px-3 py-2 text-sm text-danger">
          {library.error_message}
        </p>
      )}
      {library.relabelling && <p className="text-sm text-muted">{t.relabellingText}</p>}
      <Runs library={library} />
      <Section title={t.scope.title}>
        <ScopeForm library={library} />
      </Section>
    </>
  );
}

function Runs({ library }: { library: Library }) {
  const t = useMessages(libraryMessages);
  const run = useMessages(runMessages);
  const { data, error, refetch, ...more } = useRuns(library.id);
  const [newest, ...earlier] = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Section title={t.sync.title}>
        {error && <ProblemView error={error} retry={() => void refetch()} />}
        {!data && !error && <Skeleton lines={3} />}
        {data && !newest && <p className="text-sm text-muted">{t.sync.none}</p>}
        {newest && <LastRun key={newest.id} listed={newest} library={library} />}
      </Section>
      {earlier.length > 0 && (
        <Section title={run.history}>
          <RunHistory runs={earlier} />
          <MoreButton {...more} />
        </Section>
      )}
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-3 border-t border-line pt-4 first:border-0">
      <h2 className="text-base font-semibold">{title}</h2>
      {children}
    </section>
  );
}
