"use client";

import { Download } from "lucide-react";
import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { notify } from "@/ui/toast";
import { csvOf, saveText } from "../table/csv";
import { documentMessages } from "./messages";
import { eachDocument, type Document, type DocumentFilter } from "./queries";

// the API's own names, so that a script that reads both finds the same
const COLUMNS = [
  "id",
  "library_name",
  "path",
  "file_name",
  "file_url",
  "file_type",
  "file_size",
  "status",
  "reason_code",
  "reason",
  "department",
  "country",
  "passages",
  "page_count",
  "language",
  "last_modified",
  "ingested_at",
  "attempts",
] as const satisfies readonly (keyof Document)[];

/** All documents that fit the filters, not only those that are shown. */
export function CsvButton({ filter }: { filter: DocumentFilter }) {
  const t = useMessages(documentMessages);
  const shell = useMessages(shellMessages);
  const [sofar, setSofar] = useState<number | null>(null);
  const save = async () => {
    setSofar(0);
    try {
      const documents = await eachDocument(filter, setSofar);
      const rows = documents.map((document) => COLUMNS.map((column) => document[column]));
      saveText("nexus-documents.csv", csvOf(COLUMNS, rows));
    } catch (error) {
      notify(sentenceOf(error, shell), "danger");
    } finally {
      setSofar(null);
    }
  };
  return (
    <Button size="small" data-tip={t.csvHint} disabled={sofar !== null} onClick={() => void save()}>
      <Download />
      {sofar === null ? t.csv : t.csvBusy(sofar)}
    </Button>
  );
}
