"use client";

import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { Select } from "@/ui/field";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { adminMessages } from "../shell/messages";
import { MODES } from "../shell/modes";
import { DownloadButton } from "../table/download-button";
import { formatMilliseconds } from "../table/milliseconds";
import { MoreButton } from "../table/more-button";
import { askedOf, type Period } from "./days";
import { Bar, ReportSection } from "./figures";
import { analyticsMessages } from "./messages";
import { formatCost, isPriced } from "./numbers";
import { GROUPINGS, useUsageBy, type Grouping, type UsageItem } from "./queries";

interface GroupSectionProps {
  period: Period;
  grouping: Grouping;
  regroup: (grouping: Grouping) => void;
}

/** The same use by model, department, mode or person: bars within their table. */
export function GroupSection({ period, grouping, regroup }: GroupSectionProps) {
  const { use: t, ...all } = useMessages(analyticsMessages);
  const { data, error, refetch, ...more } = useUsageBy(period, grouping);
  const query = { ...askedOf(period), group_by: grouping, format: "csv" };
  return (
    <ReportSection
      title={t.byTitle[grouping]}
      actions={
        <>
          <Select
            aria-label={t.by}
            value={grouping}
            onChange={(event) => regroup(GROUPINGS.find((each) => each === event.target.value) ?? "model")}
          >
            {GROUPINGS.map((each) => (
              <option key={each} value={each}>
                {t.grouping[each]}
              </option>
            ))}
          </Select>
          <DownloadButton path="/admin/analytics/usage" query={query} kind={all.csv} of={t.byTitle[grouping]} />
        </>
      }
    >
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton lines={4} />}
      {data && <Groups grouping={grouping} items={data.pages.flatMap((page) => page.items)} />}
      <MoreButton {...more} />
    </ReportSection>
  );
}

const tokensOf = ({ usage }: UsageItem) => usage.input_tokens + usage.output_tokens;

function Groups({ grouping, items }: { grouping: Grouping; items: readonly UsageItem[] }) {
  const { use: t, ...all } = useMessages(analyticsMessages);
  const admin = useMessages(adminMessages);
  const language = useLanguage();
  const number = (value: number) => formatNumber(language, value);
  const sorted = items.toSorted((a, b) => tokensOf(b) - tokensOf(a));
  const mostTokens = Math.max(0, ...items.map(tokensOf));
  const mostCost = Math.max(0, ...items.map(({ usage }) => usage.cost));
  const nameOf = ({ key, name }: UsageItem) => {
    if (key === null) return t.none[grouping];
    const mode = grouping === "mode" && MODES.find((each) => each === key);
    if (mode) return admin.mode[mode];
    return grouping === "department" && name === "deleted" ? t.deleted : name;
  };
  return (
    <Table caption={t.byTitle[grouping]}>
      <thead>
        <tr>
          <HeadCell>{t.name}</HeadCell>
          <HeadCell className="w-1/4 text-right">{t.tokens}</HeadCell>
          <HeadCell className="w-1/6 text-right">{t.cost}</HeadCell>
          <HeadCell className="text-right">{t.questions}</HeadCell>
          <HeadCell className="text-right">{t.people}</HeadCell>
          <HeadCell className="text-right">{t.median}</HeadCell>
          <HeadCell className="text-right">{t.slow}</HeadCell>
        </tr>
      </thead>
      <tbody>
        {sorted.map((item) => {
          const { usage } = item;
          const { p50, p95 } = usage.latency_ms;
          return (
            <Row key={item.key ?? ""}>
              <th scope="row" className="max-w-60 min-w-28 px-3 py-2 text-left align-top wrap-anywhere">
                {nameOf(item)}
              </th>
              <Cell number>
                {number(tokensOf(item))}
                <Bar parts={[usage.output_tokens, usage.input_tokens]} most={mostTokens} />
              </Cell>
              <Cell number>
                {isPriced(usage) ? formatCost(language, usage.cost) : all.notKnown}
                {mostCost > 0 && <Bar parts={[usage.cost]} most={mostCost} />}
              </Cell>
              <Cell number>{number(usage.questions)}</Cell>
              <Cell number>{number(usage.active_users)}</Cell>
              <Cell number>{p50 === null ? all.notKnown : formatMilliseconds(language, p50)}</Cell>
              <Cell number>{p95 === null ? all.notKnown : formatMilliseconds(language, p95)}</Cell>
            </Row>
          );
        })}
      </tbody>
    </Table>
  );
}
