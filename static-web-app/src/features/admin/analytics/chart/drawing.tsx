import { useLanguage } from "@/i18n/messages";
import { shortDayName } from "../days";
import { areaPath, linePath, namedIndices, runsOf, xOf, yOf, type Frame, type Value } from "./geometry";
import { lookOf } from "./series";

interface DrawingProps {
  frame: Frame;
  kind: "area" | "lines";
  days: readonly string[];
  /** The upper edge of each area, or the lines. */
  tops: readonly (readonly Value[])[];
  ticks: readonly number[];
  labels: readonly string[];
  width: number;
  height: number;
  /** The day that is pointed at. */
  at: number | null;
}

/** The picture alone: what it says is said by the chart around it. */
export function Drawing({ frame, kind, days, tops, ticks, labels, width, height, at }: DrawingProps) {
  const language = useLanguage();
  const named = namedIndices(days.length, Math.floor((frame.right - frame.left) / 90) + 1);
  const floor = days.map(() => 0);
  return (
    <svg aria-hidden width={width} height={height} className="block text-xs">
      {ticks.map((tick, n) => (
        <g key={tick}>
          <line x1={frame.left} x2={frame.right} y1={yOf(frame, tick)} y2={yOf(frame, tick)} className="stroke-line" />
          <text x={frame.left - 8} y={yOf(frame, tick) + 4} textAnchor="end" className="fill-muted">
            {labels[n]}
          </text>
        </g>
      ))}
      {named.map((index) => (
        <text
          key={index}
          x={xOf(frame, index)}
          y={height - 6}
          textAnchor={
            days.length === 1 ? "middle" : index === 0 ? "start" : index === days.length - 1 ? "end" : "middle"
          }
          className="fill-muted"
        >
          {shortDayName(language, days[index] ?? "")}
        </text>
      ))}
      {kind === "area" &&
        tops.map((top, n) => (
          <path
            key={n}
            d={areaPath(
              frame,
              top.map((value) => value ?? 0),
              (tops[n - 1] ?? floor).map((value) => value ?? 0),
            )}
            className={lookOf(n).fill}
          />
        ))}
      {tops.map((top, n) => (
        <g key={n} className={lookOf(n).stroke}>
          <path
            d={linePath(frame, top)}
            fill="none"
            strokeWidth={2}
            strokeLinejoin="round"
            strokeDasharray={lookOf(n).dash}
          />
          {lonely(top).map((index) => (
            <Dot key={index} frame={frame} index={index} value={top[index]} />
          ))}
        </g>
      ))}
      {at !== null && (
        <g>
          <line
            x1={xOf(frame, at)}
            x2={xOf(frame, at)}
            y1={frame.top}
            y2={frame.bottom}
            className="stroke-line-strong"
          />
          {tops.map((top, n) => (
            <g key={n} className={lookOf(n).stroke}>
              <Dot frame={frame} index={at} value={top[at]} />
            </g>
          ))}
        </g>
      )}
    </svg>
  );
}

/** A day whose neighbours are not known has no line: a dot shows it. */
function lonely(values: readonly Value[]): number[] {
  return runsOf(values).flatMap(([first, last]) => (first === last ? first : []));
}

function Dot({ frame, index, value }: { frame: Frame; index: number; value: Value | undefined }) {
  if (value == null) return null;
  return <circle cx={xOf(frame, index)} cy={yOf(frame, value)} r={3.5} strokeWidth={2} className="fill-surface" />;
}
