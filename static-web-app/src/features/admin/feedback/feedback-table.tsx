"use client";

import { ThumbsDown, ThumbsUp } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { useRef } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { Badge } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { useScopeWords } from "../scope/scope";
import { adminMessages } from "../shell/messages";
import { TextLink } from "../table/text-link";
import { addressWith } from "../table/use-filters";
import { useRowKeys } from "../table/use-row-keys";
import { feedbackMessages } from "./messages";
import type { FeedbackStatus, QueuedFeedback, Rating } from "./queries";

export function FeedbackTable({ items }: { items: QueuedFeedback[] }) {
  const t = useMessages(feedbackMessages);
  const table = useRef<HTMLDivElement>(null);
  useRowKeys(table);
  return (
    <div ref={table}>
      <Table caption={t.title}>
        <thead>
          <tr>
            <HeadCell>{t.question}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.ratingLabel}</HeadCell>
            <HeadCell>{t.statusLabel}</HeadCell>
            <HeadCell className="max-lg:hidden">{t.mode}</HeadCell>
            <HeadCell className="max-md:hidden">{t.givenBy}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.when}</HeadCell>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Line key={item.id} item={item} />
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function Line({ item }: { item: QueuedFeedback }) {
  const t = useMessages(feedbackMessages);
  const admin = useMessages(adminMessages);
  const language = useLanguage();
  const search = useSearchParams().toString();
  const scopeOf = useScopeWords(admin, admin.belongsNowhere);
  const { given_by: giver } = item;
  return (
    <Row>
      <Cell className="w-full max-w-0 min-w-44">
        <TextLink
          data-row
          href={addressWith("/admin/feedback", search, { f: item.id })}
          prefetch={false}
          className="block truncate font-semibold"
        >
          {item.question ?? (item.is_private ? t.inNotebook : t.noQuestion)}
        </TextLink>
        {item.comment && <p className="truncate text-xs text-muted">“{item.comment}”</p>}
        <p className="flex flex-wrap gap-x-2 text-xs text-muted sm:hidden">
          <RatingWords rating={item.rating} />
          {formatTime(language, item.created_at)}
        </p>
        {item.eval_case_id && <Badge>{t.isCase}</Badge>}
      </Cell>
      <Cell className="whitespace-nowrap max-sm:hidden">
        <RatingWords rating={item.rating} />
      </Cell>
      <Cell>
        <StatusBadge status={item.status} />
      </Cell>
      <Cell className="whitespace-nowrap max-lg:hidden">{admin.mode[item.mode]}</Cell>
      <Cell className="whitespace-nowrap max-md:hidden">
        {giver.display_name}
        <p className="text-xs text-muted">{scopeOf(giver)}</p>
      </Cell>
      <Cell className="whitespace-nowrap tabular-nums max-sm:hidden">{formatTime(language, item.created_at)}</Cell>
    </Row>
  );
}

export function RatingWords({ rating }: { rating: Rating }) {
  const t = useMessages(feedbackMessages);
  const Icon = rating === "positive" ? ThumbsUp : ThumbsDown;
  return (
    <span className="inline-flex items-center gap-1.5">
      <Icon aria-hidden className="size-3.5" />
      {t.rating[rating]}
    </span>
  );
}

const TONES = { pending: "warning", reviewed: "accent", resolved: "neutral" } as const;

export function StatusBadge({ status }: { status: FeedbackStatus }) {
  const t = useMessages(feedbackMessages);
  return <Badge tone={TONES[status]}>{t.status[status]}</Badge>;
}
