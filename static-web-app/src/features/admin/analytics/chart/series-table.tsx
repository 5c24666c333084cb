import { useLanguage, useMessages } from "@/i18n/messages";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { dayName } from "../days";
import { analyticsMessages } from "../messages";
import type { Series } from "./series";

interface SeriesTableProps {
  title: string;
  days: readonly string[];
  series: readonly Series[];
  format: (value: number) => string;
}

/** What a chart shows, as numbers; the newest day first. */
export function SeriesTable({ title, days, series, format }: SeriesTableProps) {
  const t = useMessages(analyticsMessages);
  const language = useLanguage();
  return (
    <details className="text-sm">
      <summary className="text-muted">{t.asTable}</summary>
      <div className="max-h-80 overflow-y-auto pt-2">
        <Table caption={title}>
          <thead>
            <tr>
              <HeadCell>{t.day}</HeadCell>
              {series.map(({ name }) => (
                <HeadCell key={name} className="text-right">
                  {name}
                </HeadCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {days
              .map((day, index) => (
                <Row key={day}>
                  <Cell className="whitespace-nowrap">{dayName(language, day)}</Cell>
                  {series.map(({ name, values }) => (
                    <Cell key={name} number>
                      {values[index] == null ? t.notKnown : format(values[index])}
                    </Cell>
                  ))}
                </Row>
              ))
              .reverse()}
          </tbody>
        </Table>
      </div>
    </details>
  );
}
