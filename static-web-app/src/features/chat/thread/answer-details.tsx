"use client";

import { Copy } from "lucide-react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { MenuItem, MenuLabel } from "@/ui/menu";
import { answerMessages } from "./messages";
import type { Answer } from "./exchange";

/** What an answer took: for who wants to know, and for who looks into the logs. */
export function AnswerDetails({ answer }: { answer: Answer }) {
  const t = useMessages(answerMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const { stored } = answer;
  const seconds = stored?.latency_ms != null ? formatNumber(language, Math.round(stored.latency_ms / 100) / 10) : null;
  const id = answer.correlationId ?? stored?.run_id;
  return (
    <>
      {stored?.model && (
        <MenuLabel>
          {t.model}: <span className="text-text">{stored.model}</span>
          {stored.provider && ` (${stored.provider})`}
        </MenuLabel>
      )}
      {stored && (
        <MenuLabel>
          {t.tokens(formatNumber(language, stored.input_tokens), formatNumber(language, stored.output_tokens))}
        </MenuLabel>
      )}
      {stored && (
        <MenuLabel>
          {t.finishedAt}:{" "}
          {new Date(stored.created_at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" })}
          {seconds && ` · ${t.time(seconds)}`}
        </MenuLabel>
      )}
      {id && (
        <MenuItem icon={<Copy />} onSelect={() => void navigator.clipboard.writeText(id)}>
          <span>{shell.copyCorrelationId}</span>
          <span className="font-mono text-xs text-muted">{id.slice(0, 8)}</span>
        </MenuItem>
      )}
    </>
  );
}
