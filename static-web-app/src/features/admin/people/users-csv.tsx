"use client";

import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { api } from "@/api/client";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { notify } from "@/ui/toast";
import { csvOf, saveText } from "../table/csv";
import { wholeList } from "../table/whole-list";
import type { UserFilters } from "./filters";
import { peopleMessages } from "./messages";
import type { Person } from "./queries";

// the API's own names, so that a script that reads both finds the same
const COLUMNS = [
  "id",
  "display_name",
  "email",
  "role",
  "department",
  "country",
  "is_active",
  "created_at",
  "last_login_at",
] as const;

/** All users who fit the filters, not only those that are shown. */
export function UsersCsv({ filters }: { filters: UserFilters }) {
  const t = useMessages(peopleMessages);
  const shell = useMessages(shellMessages);
  const save = useMutation({
    mutationFn: () => wholeList((cursor) => api.get("/admin/users", { query: { ...filters, limit: 100, cursor } })),
    onSuccess: (people) => saveText("nexus-users.csv", csvOf(COLUMNS, people.map(rowOf))),
    onError: (error) => notify(sentenceOf(error, shell), "danger"),
  });
  return (
    <Button size="small" data-tip={t.csvHint} disabled={save.isPending} onClick={() => save.mutate()}>
      <Download />
      {t.csv}
    </Button>
  );
}

function rowOf(person: Person) {
  return COLUMNS.map((column) => {
    if (column === "department") return person.department?.name ?? null;
    if (column === "country") return person.country?.code ?? null;
    return person[column];
  });
}
