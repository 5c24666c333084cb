"use client";

import type { ReactNode } from "react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { formatSize, formatTime } from "@/i18n/quantities";
import { scopeWords } from "../scope/scope";
import { adminMessages } from "../shell/messages";
import { TextLink } from "../table/text-link";
import { DocumentStatus } from "./document-status";
import { documentMessages } from "./messages";
import type { Document } from "./queries";

/** What is known of a document. Sentences of the API are English. */
export function DocumentFacts({ document }: { document: Document }) {
  const t = useMessages(documentMessages);
  const admin = useMessages(adminMessages);
  const language = useLanguage();
  const time = (at: string | null) => (at ? formatTime(language, at) : "–");
  const facts: [label: string, value: ReactNode][] = [
    [t.status, <DocumentStatus key="status" document={document} />],
    [
      t.library,
      <TextLink key="library" href={`/admin/libraries?l=${document.library_id}`}>
        {document.library_name}
      </TextLink>,
    ],
    [t.details.path, document.path ?? t.details.unknown],
    [t.whoMayRead, scopeWords(admin, document)],
    [t.passages, formatNumber(language, document.passages)],
    [t.details.pages, document.page_count === null ? "–" : formatNumber(language, document.page_count)],
    [t.size, formatSize(language, document.file_size)],
    [t.details.language, document.language ? languageName(language, document.language) : "–"],
    [t.modified, time(document.last_modified)],
    [t.details.indexedAt, time(document.ingested_at)],
    [t.details.firstSeen, time(document.created_at)],
  ];
  if (document.attempts > 0) facts.push([t.details.attempts, formatNumber(language, document.attempts)]);
  if (document.retry_at) facts.push([t.details.retryAt, time(document.retry_at)]);
  return (
    <div className="flex flex-col gap-3">
      {document.reason && (
        <p lang="en" className="rounded bg-warning-soft px-3 py-2 text-sm text-warning">
          {document.reason}
        </p>
      )}
      {document.waits && (
        <p lang="en" className="rounded bg-accent-soft px-3 py-2 text-sm text-accent-text">
          {document.waits}
        </p>
      )}
      <dl className="grid grid-cols-[minmax(6rem,auto)_1fr] gap-x-6 gap-y-1.5 text-sm">
        {facts.map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd className="min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function languageName(language: string, code: string): string {
  try {
    return new Intl.DisplayNames(language, { type: "language" }).of(code) ?? code;
  } catch (error) {
    if (error instanceof RangeError) return code; // not a language tag
    throw error;
  }
}
