"use client";

import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { notify } from "@/ui/toast";
import { CaseDialog } from "./case-dialog";
import { feedbackMessages } from "./messages";
import { nextStatus, useReview, type Exchange, type FeedbackStatus } from "./queries";

export function ExchangeActions({ exchange }: { exchange: Exchange }) {
  const t = useMessages(feedbackMessages);
  const shell = useMessages(shellMessages);
  const review = useReview(exchange.id);
  const [isMakingCase, setIsMakingCase] = useState(false);
  const next = nextStatus(exchange.status);
  const moveOn = (status: FeedbackStatus) =>
    review.mutate(status, {
      onSuccess: () => notify(t.review.done[status]),
      onError: (error) => notify(sentenceOf(error, shell), "danger"),
    });
  return (
    <div className="flex flex-wrap gap-2">
      {/* only answers from documents can be evaluated */}
      {exchange.mode === "rag" && exchange.question !== null && (
        <Button size="small" onClick={() => setIsMakingCase(true)}>
          <FlaskConical />
          {exchange.eval_case_id ? t.changeCase : t.makeCase}
        </Button>
      )}
      {next && next !== "pending" && (
        <Button size="small" look="primary" disabled={review.isPending} onClick={() => moveOn(next)}>
          {t.review[next]}
        </Button>
      )}
      {isMakingCase && <CaseDialog exchange={exchange} close={() => setIsMakingCase(false)} />}
    </div>
  );
}
