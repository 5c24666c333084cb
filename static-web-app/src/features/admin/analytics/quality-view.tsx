"use client";

import { ChartColumn } from "lucide-react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { DownloadButton } from "../table/download-button";
import { TimeChart } from "./chart/time-chart";
import { askedOf, byDay, dayName, type Period } from "./days";
import { Figures, ReportSection } from "./figures";
import { analyticsMessages } from "./messages";
import { formatShare } from "./numbers";
import { useQuality, type QualityReport } from "./queries";

/** How answers ended, what people and documents say of them, and what stayed without an answer. */
export function QualityView({ period }: { period: Period }) {
  const { good: t, ...all } = useMessages(analyticsMessages);
  const language = useLanguage();
  const { data: report, error, refetch, isPlaceholderData } = useQuality(period);
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!report) return <Skeleton lines={9} />;
  const { total } = report;
  if (total.answers === 0) {
    return (
      <EmptyState icon={<ChartColumn />} title={all.nothing}>
        {all.nothingText}
      </EmptyState>
    );
  }
  const number = (value: number) => formatNumber(language, value);
  const share = (value: number | null, part: number, whole: number) =>
    value === null ? all.notKnown : `${formatShare(language, value)} (${all.of(number(part), number(whole))})`;
  return (
    <div className={classes("flex flex-col gap-5", isPlaceholderData && "opacity-60")}>
      <Figures
        figures={[
          [t.answers, number(total.answers)],
          [t.complete, share(total.complete / total.answers, total.complete, total.answers)],
          [t.positive, share(total.positive_share, total.positive, total.positive + total.negative)],
          [t.unsupported, share(total.unsupported_share, total.unsupported, total.checked)],
          [t.failed, number(total.failed)],
          [t.interrupted, number(total.interrupted)],
          [t.cancelled, number(total.cancelled)],
        ]}
      />
      <QualityChart report={report} period={period} />
      <Unanswered report={report} period={period} />
    </div>
  );
}

function QualityChart({ report, period }: { report: QualityReport; period: Period }) {
  const { good: t, ...all } = useMessages(analyticsMessages);
  const language = useLanguage();
  const { days, values } = byDay(
    report,
    report.days,
    (item) => item.day,
    (item) => item?.quality,
  );
  const percent = (value: number) => formatShare(language, value);
  return (
    <TimeChart
      title={t.overTime}
      kind="lines"
      max={1}
      days={days}
      series={[
        { name: t.positive, values: values.map((day) => day?.positive_share ?? null) },
        { name: t.complete, values: values.map((day) => (day?.answers ? day.complete / day.answers : null)) },
        { name: t.unsupported, values: values.map((day) => day?.unsupported_share ?? null) },
      ]}
      format={percent}
      actions={
        <DownloadButton
          path="/admin/analytics/quality"
          query={{ ...askedOf(period), table: "days", format: "csv" }}
          kind={all.csv}
          of={t.overTime}
        />
      }
    />
  );
}

function Unanswered({ report, period }: { report: QualityReport; period: Period }) {
  const { good: t, ...all } = useMessages(analyticsMessages);
  const language = useLanguage();
  const questions = report.unanswered_questions;
  const query = { ...askedOf(period), table: "questions", format: "csv" };
  return (
    <ReportSection
      title={t.unanswered}
      actions={
        questions.length > 0 && (
          <DownloadButton path="/admin/analytics/quality" query={query} kind={all.csv} of={t.unanswered} />
        )
      }
    >
      <p className="text-sm text-muted">{questions.length > 0 ? t.unansweredText : t.noneUnanswered}</p>
      {questions.length > 0 && (
        <Table caption={t.unanswered}>
          <thead>
            <tr>
              <HeadCell>{t.question}</HeadCell>
              <HeadCell className="text-right">{t.asked}</HeadCell>
              <HeadCell className="text-right">{t.people}</HeadCell>
              <HeadCell>{t.last}</HeadCell>
            </tr>
          </thead>
          <tbody>
            {questions.map((question) => (
              <Row key={question.key}>
                <Cell className="min-w-52 wrap-anywhere">
                  {question.examples[0] ?? <span className="text-muted">{t.deleted}</span>}
                </Cell>
                <Cell number>{formatNumber(language, question.asked)}</Cell>
                <Cell number>{formatNumber(language, question.people)}</Cell>
                <Cell className="whitespace-nowrap">{dayName(language, question.last_asked)}</Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
    </ReportSection>
  );
}
