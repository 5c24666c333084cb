"use client";

import { ChartColumn } from "lucide-react";
import { isAtLeast, useUser } from "@/api/use-user";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { DownloadButton } from "../table/download-button";
import { formatMilliseconds } from "../table/milliseconds";
import { TextLink } from "../table/text-link";
import { TimeChart } from "./chart/time-chart";
import { askedOf, byDay, type Period } from "./days";
import { Figures } from "./figures";
import { GroupSection } from "./group-section";
import { analyticsMessages } from "./messages";
import { formatCost, formatShort, isPriced } from "./numbers";
import { useUsageByDay, type Grouping, type UsageReport } from "./queries";

interface UsageViewProps {
  period: Period;
  grouping: Grouping;
  regroup: (grouping: Grouping) => void;
}

/** What is used, what it costs, and by whom. */
export function UsageView({ period, grouping, regroup }: UsageViewProps) {
  const t = useMessages(analyticsMessages);
  const { data: report, error, refetch, isPlaceholderData } = useUsageByDay(period);
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!report) return <Skeleton lines={9} />;
  if (report.total.answers === 0) {
    return (
      <EmptyState icon={<ChartColumn />} title={t.nothing}>
        {t.nothingText}
      </EmptyState>
    );
  }
  return (
    <div className={classes("flex flex-col gap-5", isPlaceholderData && "opacity-60")}>
      <Total total={report.total} />
      <Charts report={report} period={period} />
      <GroupSection period={period} grouping={grouping} regroup={regroup} />
    </div>
  );
}

function Total({ total }: { total: UsageReport["total"] }) {
  const { use: t, ...all } = useMessages(analyticsMessages);
  const language = useLanguage();
  const number = (value: number) => formatNumber(language, value);
  const time = (value: number | null) => (value === null ? all.notKnown : formatMilliseconds(language, value));
  return (
    <>
      <Figures
        figures={[
          [t.questions, number(total.questions)],
          [t.answers, number(total.answers)],
          [t.people, number(total.active_users)],
          [t.cost, isPriced(total) ? formatCost(language, total.cost) : all.notKnown],
          [t.tokens, number(total.input_tokens + total.output_tokens)],
          [t.firstWord, time(total.first_token_ms.p50)],
          [t.median, time(total.latency_ms.p50)],
          [t.slow, time(total.latency_ms.p95)],
        ]}
      />
      {isPriced(total) && (
        <p className="text-xs text-muted">
          {t.costHint} {total.unpriced > 0 && t.unpriced(total.unpriced)}
        </p>
      )}
    </>
  );
}

function Charts({ report, period }: { report: UsageReport; period: Period }) {
  const { use: t, ...all } = useMessages(analyticsMessages);
  const language = useLanguage();
  const maySetPrices = isAtLeast(useUser().role, "super_admin");
  const { days, values } = byDay(
    report,
    report.items,
    (item) => item.key,
    (item) => item?.usage,
  );
  const file = (of: string) => (
    <DownloadButton
      path="/admin/analytics/usage"
      query={{ ...askedOf(period), group_by: "day", format: "csv" }}
      kind={all.csv}
      of={of}
    />
  );
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <TimeChart
        title={t.tokensOverTime}
        kind="area"
        days={days}
        series={[
          { name: t.output, values: values.map((usage) => usage?.output_tokens ?? 0) },
          { name: t.input, values: values.map((usage) => usage?.input_tokens ?? 0) },
        ]}
        format={(value) => formatNumber(language, value)}
        formatTick={(value) => formatShort(language, value)}
        actions={file(t.tokensOverTime)}
      />
      {isPriced(report.total) ? (
        <TimeChart
          title={t.costOverTime}
          kind="area"
          days={days}
          series={[{ name: t.cost, values: values.map((usage) => usage?.cost ?? 0) }]}
          format={(value) => formatCost(language, value)}
          formatTick={(value) => formatNumber(language, value)}
          actions={file(t.costOverTime)}
        />
      ) : (
        <section className="flex flex-col items-start gap-2 rounded border border-line p-4 text-sm">
          <h2 className="font-semibold">{t.costOverTime}</h2>
          <p className="text-muted">{t.noPrices}</p>
          {maySetPrices && <TextLink href="/admin/providers">{t.toProviders}</TextLink>}
        </section>
      )}
    </div>
  );
}
