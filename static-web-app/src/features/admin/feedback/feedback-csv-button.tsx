"use client";

import { Download } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { notify } from "@/ui/toast";
import { csvOf, saveText } from "../table/csv";
import { wholeList } from "../table/whole-list";
import { feedbackMessages } from "./messages";
import { feedbackQueryOf, type FeedbackFilters, type QueuedFeedback } from "./queries";

// the API's own names, so that a script that reads both finds the same
const COLUMNS = [
  "id",
  "created_at",
  "rating",
  "status",
  "comment",
  "question",
  "mode",
  "provider",
  "model",
  "supported",
  "reviewed_at",
  "eval_case_id",
] as const satisfies readonly (keyof QueuedFeedback)[];
const NAMED = ["given_by", "reviewed_by"] as const;

/** All feedback that fits the filters, not only what is shown. */
export function FeedbackCsvButton({ filters }: { filters: FeedbackFilters }) {
  const t = useMessages(feedbackMessages);
  const shell = useMessages(shellMessages);
  const [sofar, setSofar] = useState<number | null>(null);
  const save = async () => {
    let count = 0;
    setSofar(count);
    try {
      const items = await wholeList(async (cursor) => {
        const page = await api.get("/admin/feedback", { query: { ...feedbackQueryOf(filters), limit: 100, cursor } });
        setSofar((count += page.items.length));
        return page;
      });
      const rows = items.map((item) => [
        ...COLUMNS.map((column) => item[column]),
        ...NAMED.map((who) => item[who]?.display_name ?? null),
      ]);
      saveText("nexus-feedback.csv", csvOf([...COLUMNS, ...NAMED], rows));
    } catch (error) {
      notify(sentenceOf(error, shell), "danger");
    } finally {
      setSofar(null);
    }
  };
  return (
    <Button size="small" disabled={sofar !== null} onClick={() => void save()}>
      <Download />
      {sofar === null ? t.csv : t.csvBusy(sofar)}
    </Button>
  );
}
