"use client";

import { RefreshCw } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { useFilters } from "../../table/use-filters";
import { useExplanation } from "../queries";
import { CaseForm } from "./case-form";
import { ExplanationView } from "./explanation-view";
import { explainMessages } from "./messages";

const ADDRESS = ["d", "url", "u", "q"] as const;

/** `/admin/documents/explain?d=<document>` or `?url=<address in SharePoint>`, with `u=<person>` and `q=<question>`. */
export function ExplainPage() {
  const t = useMessages(explainMessages);
  const [{ d: document, url, u: person, q: question }, change] = useFilters(ADDRESS);
  const asked = { document, url, person, question };
  const { data, error, isFetching, isEnabled, refetch } = useExplanation(asked);
  const onAsk = (wanted: typeof asked) => {
    if (Object.entries(asked).every(([name, value]) => wanted[name as keyof typeof asked] === value)) void refetch();
    else change({ d: wanted.document, url: wanted.url, u: wanted.person, q: wanted.question });
  };
  return (
    <Page
      title={t.title}
      narrow
      actions={
        isEnabled && (
          <Button size="small" disabled={isFetching} onClick={() => void refetch()}>
            <RefreshCw />
            {t.again}
          </Button>
        )
      }
    >
      <p className="text-sm text-muted">{t.intro}</p>
      <CaseForm asked={asked} onAsk={onAsk} />
      {isEnabled && (
        <div className="border-t border-line pt-5" aria-busy={isFetching}>
          {error && !isFetching && <ProblemView error={error} retry={() => void refetch()} />}
          {!data && !(error && !isFetching) && <Skeleton lines={6} />}
          {data && !error && <ExplanationView found={data} />}
        </div>
      )}
    </Page>
  );
}
