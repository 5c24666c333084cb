"use client";

import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { DownloadButton } from "../table/download-button";
import { MoreButton } from "../table/more-button";
import { TextLink } from "../table/text-link";
import { askedOf, dayName, type Period } from "./days";
import { Bar, ReportSection } from "./figures";
import { analyticsMessages } from "./messages";
import { useDocumentsReport, type CitedDocument } from "./queries";

/** Which documents answers come from, and which they do not. */
export function DocumentsView({ period }: { period: Period }) {
  const { docs: t, ...all } = useMessages(analyticsMessages);
  const language = useLanguage();
  const { data, error, refetch, isPlaceholderData, ...more } = useDocumentsReport(period);
  const report = data?.pages[0];
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!report) return <Skeleton lines={9} />;
  const number = (value: number) => formatNumber(language, value);
  const notCited = data.pages.flatMap((page) => page.not_cited);
  const file = (table: "cited" | "not_cited", of: string) => (
    <DownloadButton
      path="/admin/analytics/documents"
      query={{ ...askedOf(period), table, format: "csv" }}
      kind={all.csv}
      of={of}
    />
  );
  return (
    <div className={classes("flex flex-col gap-5", isPlaceholderData && "opacity-60")}>
      <p className="text-sm">{t.cited(number(report.cited_documents), number(report.documents))}</p>
      <ReportSection title={t.mostCited} actions={report.most_cited.length > 0 && file("cited", t.mostCited)}>
        {report.most_cited.length > 0 ? (
          <Documents title={t.mostCited} documents={report.most_cited} counted />
        ) : (
          <p className="text-sm text-muted">{t.noneCited}</p>
        )}
      </ReportSection>
      <ReportSection title={t.notCited} actions={notCited.length > 0 && file("not_cited", t.notCited)}>
        <p className="text-sm text-muted">
          {notCited.length > 0 ? t.notCitedText : report.documents > 0 && t.allCited}
        </p>
        {notCited.length > 0 && <Documents title={t.notCited} documents={notCited} />}
        <MoreButton {...more} />
      </ReportSection>
    </div>
  );
}

interface DocumentsProps {
  title: string;
  documents: readonly CitedDocument[];
  /** With how often each was cited. */
  counted?: boolean;
}

function Documents({ title, documents, counted }: DocumentsProps) {
  const { docs: t } = useMessages(analyticsMessages);
  const language = useLanguage();
  const most = Math.max(0, ...documents.map(({ citations }) => citations));
  return (
    <Table caption={title}>
      <thead>
        <tr>
          <HeadCell>{t.name}</HeadCell>
          {counted && <HeadCell className="w-1/3 text-right">{t.citations}</HeadCell>}
          <HeadCell className={classes(counted && "max-sm:hidden")}>{t.last}</HeadCell>
        </tr>
      </thead>
      <tbody>
        {documents.map((document) => (
          <Row key={document.document_id}>
            <Cell className="wrap-anywhere sm:min-w-44">
              <TextLink href={`/admin/documents?d=${document.document_id}`} prefetch={false}>
                {document.file_name}
              </TextLink>
            </Cell>
            {counted && (
              <Cell number>
                {formatNumber(language, document.citations)}
                <Bar parts={[document.citations]} most={most} />
              </Cell>
            )}
            <Cell className={classes("whitespace-nowrap", counted && "max-sm:hidden")}>
              {document.last_cited ? dayName(language, document.last_cited) : t.never}
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}
