"use client";

import { useRef } from "react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { formatSize, formatTime } from "@/i18n/quantities";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { scopeWords } from "../scope/scope";
import { adminMessages } from "../shell/messages";
import { useRowKeys } from "../table/use-row-keys";
import { DocumentStatus } from "./document-status";
import { documentMessages } from "./messages";
import type { Document } from "./queries";

export function DocumentTable({ documents, open }: { documents: Document[]; open: (id: string) => void }) {
  const t = useMessages(documentMessages);
  const table = useRef<HTMLDivElement>(null);
  useRowKeys(table);
  return (
    <div ref={table}>
      <Table caption={t.caption}>
        <thead>
          <tr>
            <HeadCell>{t.name}</HeadCell>
            <HeadCell>{t.status}</HeadCell>
            <HeadCell>{t.library}</HeadCell>
            <HeadCell>{t.whoMayRead}</HeadCell>
            <HeadCell className="text-right">{t.passages}</HeadCell>
            <HeadCell className="text-right">{t.size}</HeadCell>
            <HeadCell>{t.modified}</HeadCell>
          </tr>
        </thead>
        <tbody>
          {documents.map((document) => (
            <Line key={document.id} document={document} open={() => open(document.id)} />
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function Line({ document, open }: { document: Document; open: () => void }) {
  const admin = useMessages(adminMessages);
  const language = useLanguage();
  const folder = document.path?.slice(0, -document.file_name.length).replace(/\/$/, "");
  return (
    <Row>
      <Cell className="max-w-xs min-w-48">
        <button
          type="button"
          data-row
          onClick={open}
          className="max-w-full truncate rounded-sm text-left font-semibold text-accent-text underline-offset-2 hover:underline"
        >
          {document.file_name}
        </button>
        {folder && <p className="truncate text-xs text-muted">{folder}</p>}
      </Cell>
      <Cell className="min-w-32">
        <DocumentStatus document={document} />
      </Cell>
      <Cell className="whitespace-nowrap">{document.library_name}</Cell>
      <Cell className="whitespace-nowrap">{scopeWords(admin, document)}</Cell>
      <Cell number>{formatNumber(language, document.passages)}</Cell>
      <Cell number className="whitespace-nowrap">
        {formatSize(language, document.file_size)}
      </Cell>
      <Cell className="whitespace-nowrap tabular-nums">
        {document.last_modified && formatTime(language, document.last_modified)}
      </Cell>
    </Row>
  );
}
