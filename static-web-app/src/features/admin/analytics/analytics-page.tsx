"use client";

import { useMessages } from "@/i18n/messages";
import { Page } from "@/ui/page";
import { Tabs } from "@/ui/tabs";
import { useFilters } from "../table/use-filters";
import { DocumentsView } from "./documents-view";
import { analyticsMessages } from "./messages";
import { PeriodBar } from "./period-bar";
import { QualityView } from "./quality-view";
import { GROUPINGS } from "./queries";
import { UsageView } from "./usage-view";

const ADDRESS = ["report", "by", "from", "to"] as const;
const REPORTS = ["usage", "quality", "documents"] as const;

/** `/admin/analytics?report=usage|quality|documents&from=&to=&by=model|department|mode|user` */
export function AnalyticsPage() {
  const t = useMessages(analyticsMessages);
  const [{ report, by, from, to }, change] = useFilters(ADDRESS);
  const period = { from, to };
  const grouping = GROUPINGS.find((each) => each === by) ?? "model";
  const views = {
    usage: <UsageView period={period} grouping={grouping} regroup={(next) => change({ by: next })} />,
    quality: <QualityView period={period} />,
    documents: <DocumentsView period={period} />,
  };
  return (
    <Page title={t.title}>
      <PeriodBar period={period} onChange={change} />
      <Tabs
        label={t.reports}
        value={REPORTS.find((each) => each === report) ?? "usage"}
        onValueChange={(next) => change({ report: next })}
        tabs={REPORTS.map((value) => ({ value, label: t[value], content: views[value] }))}
      />
    </Page>
  );
}
