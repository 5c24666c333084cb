/** What Chromium's own trace says of a page's main thread. */
import type { Browser, Page } from "playwright-core";

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  /** CPU rather than clock: what the thread had, without what others took of its core. */
  tdur?: number;
  args: Record<string, unknown> & { name?: string };
}

type Trace = { traceEvents: TraceEvent[] };

export interface MainThread {
  /** Milliseconds of the longest task, by the clock and of CPU; null where the browser does not tell CPU. */
  longest: number;
  longestCpu: number | null;
  /** Tasks of more than 50 ms by the clock, and of more than 25 of CPU. */
  over50: number;
  over25Cpu: number;
  tasks: number;
  /** Milliseconds by kind of work, all in all. */
  work: Record<string, number>;
}

const CATEGORIES = [
  "toplevel",
  "devtools.timeline",
  "disabled-by-default-devtools.timeline",
  "v8",
  "blink.user_timing",
];
const LONG_MS = 50;
const WORK: Record<string, string> = {
  FunctionCall: "script",
  EvaluateScript: "script",
  RunMicrotasks: "script",
  FireAnimationFrame: "script",
  TimerFire: "script",
  UpdateLayoutTree: "style",
  Layout: "layout",
  PrePaint: "paint",
  Paint: "paint",
  Layerize: "paint",
  Commit: "paint",
  MajorGC: "garbage collection",
  MinorGC: "garbage collection",
};

/** The trace of what `act` causes, as Chromium writes it. */
export async function traced(browser: Browser, page: Page, act: () => Promise<void>): Promise<Buffer> {
  await browser.startTracing(page, { categories: CATEGORIES });
  await act();
  return browser.stopTracing();
}

export function mainThreadIn(trace: Buffer): MainThread {
  const own = ownEvents(JSON.parse(trace.toString("utf8")) as Trace);
  const tasks = own.filter((event) => event.name === "RunTask");
  const clock = tasks.map((task) => (task.dur ?? 0) / 1000);
  const cpu = tasks.flatMap((task) => (task.tdur === undefined ? [] : [task.tdur / 1000]));
  return {
    tasks: tasks.length,
    longest: Math.max(...clock),
    longestCpu: cpu.length > 0 ? Math.max(...cpu) : null,
    over50: clock.filter((duration) => duration > LONG_MS).length,
    over25Cpu: cpu.filter((duration) => duration > LONG_MS / 2).length,
    work: workIn(own),
  };
}

/** Time of each kind, less what lies within of another. */
function workIn(events: TraceEvent[]): Record<string, number> {
  const work: Record<string, number> = {};
  const open: { kind: string; end: number }[] = [];
  for (const { name, ts, dur = 0 } of [...events].sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))) {
    const kind = WORK[name];
    if (!kind) continue;
    while (open.length > 0 && (open.at(-1)?.end ?? 0) <= ts) open.pop();
    const around = open.at(-1)?.kind;
    if (around) work[around] = (work[around] ?? 0) - dur / 1000;
    work[kind] = (work[kind] ?? 0) + dur / 1000;
    open.push({ kind, end: ts + dur });
  }
  return work;
}

/** Without what takes less than a millisecond, and without the other threads: small enough to be kept. */
export function trimmed(trace: Buffer): string {
  const whole = JSON.parse(trace.toString("utf8")) as Trace;
  const own = new Set(ownEvents(whole).filter(({ dur = 0 }) => dur >= 1000));
  const kept = whole.traceEvents.filter((event) => event.ph === "M" || own.has(event));
  return JSON.stringify({ traceEvents: kept });
}

/** What the page's main thread did. */
function ownEvents({ traceEvents: events }: Trace): TraceEvent[] {
  const threads = new Map<string, TraceEvent[]>();
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  for (const event of events) {
    if (event.name === "thread_name" && event.args.name === "CrRendererMain") threads.set(threadOf(event), []);
  }
  for (const event of events) if (event.ph === "X") threads.get(threadOf(event))?.push(event);
  // a renderer is kept ready for the next page: the page's own is the one that works
  const [own = []] = [...threads.values()].sort((one, other) => other.length - one.length);
  return own;
}
