"use client";

import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { dayName } from "../days";
import { analyticsMessages } from "../messages";
import { indexAt, ticksOf, type Frame } from "./geometry";
import { Drawing } from "./drawing";
import { Legend } from "./legend";
import { stacked } from "./geometry";
import type { Series } from "./series";
import { SeriesTable } from "./series-table";
import { useWidth } from "./use-width";

const HEIGHT = 208;

interface TimeChartProps {
  title: string;
  /** Areas stand upon each other; lines do not. */
  kind: "area" | "lines";
  days: readonly string[];
  series: readonly Series[];
  format: (value: number) => string;
  /** Short, for the scale; as `format` without it. */
  formatTick?: (value: number) => string;
  /** Where the scale ends; by the values without it. */
  max?: number;
  actions?: ReactNode;
}

/** Values over days, with their table. A slider to screen readers and keyboards: each day is read out. */
export function TimeChart({ title, kind, days, series, format, formatTick = format, max, actions }: TimeChartProps) {
  const t = useMessages(analyticsMessages);
  const language = useLanguage();
  const [ref, width] = useWidth();
  const [picked, setPicked] = useState<number | null>(null);
  const tops = kind === "area" ? stacked(series.map(({ values }) => values)) : series.map(({ values }) => [...values]);
  const ticks = ticksOf(max ?? Math.max(0, ...tops.flat().map((value) => value ?? 0)));
  const labels = ticks.map(formatTick);
  const frame: Frame = {
    left: 12 + 7 * Math.max(...labels.map((label) => label.length)),
    right: width - 10,
    top: 10,
    bottom: HEIGHT - 26,
    count: days.length,
    max: ticks.at(-1) ?? 1,
  };
  const at = picked === null ? null : Math.min(picked, days.length - 1);
  const valuesAt = (index: number) =>
    series.map(({ name, values }) => `${name}: ${values[index] == null ? t.notKnown : format(values[index])}`);
  const said = (index: number) => `${dayName(language, days[index] ?? "")}. ${valuesAt(index).join(". ")}`;
  const onKeyDown = (event: KeyboardEvent) => {
    const last = days.length - 1;
    const to = { ArrowLeft: (at ?? days.length) - 1, ArrowRight: (at ?? -1) + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setPicked(Math.min(Math.max(to, 0), last));
  };
  const point = (event: PointerEvent<HTMLElement>) =>
    setPicked(indexAt(frame, event.clientX - event.currentTarget.getBoundingClientRect().left));
  return (
    <figure className="flex min-w-0 flex-col gap-2 rounded border border-line bg-surface p-4">
      <figcaption className="flex flex-wrap items-center gap-2">
        <h2 className="flex-1 text-sm font-semibold">{title}</h2>
        {actions}
      </figcaption>
      <Legend series={series} values={at === null ? null : { day: days[at] ?? "", index: at }} format={format} />
      <div
        ref={ref}
        role="slider"
        tabIndex={0}
        aria-label={t.chartLabel(title)}
        aria-valuemin={1}
        aria-valuemax={days.length}
        aria-valuenow={(at ?? days.length - 1) + 1}
        aria-valuetext={said(at ?? days.length - 1)}
        className="h-52 min-w-0 touch-pan-y rounded-sm"
        onKeyDown={onKeyDown}
        onBlur={() => setPicked(null)}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setPicked(null)}
      >
        {width > 0 && <Drawing {...{ frame, kind, days, tops, ticks, labels, width, at }} height={HEIGHT} />}
      </div>
      <SeriesTable title={title} days={days} series={series} format={format} />
    </figure>
  );
}
