"use client";

import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";

/** Drawn beyond what is seen, so that scrolling meets no gap. */
const BEYOND_PX = 300;
/** More is asked for before the end is in sight, so that scrolling does not wait for it. */
const AHEAD_PX = 3_000;

interface VirtualListProps {
  label: string;
  count: number;
  /** In pixels; must be right, lines are placed by it. */
  heightOf: (index: number) => number;
  keyOf: (index: number) => string;
  line: (index: number) => ReactNode;
  /** Called while the last lines are near; may be called often. */
  onEnd?: () => void;
  className?: string;
}

/** A list of any length whose lines have known heights: only those in sight are drawn. Small on purpose, it is part of
 *  the first load; @tanstack/react-virtual costs ten times as much for lines that have to be measured. */
export function VirtualList({ label, count, heightOf, keyOf, line, onEnd, className }: VirtualListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 0 });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => setSeen({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  const tops = useMemo(() => topsOf(count, heightOf), [count, heightOf]);
  const total = tops[count] ?? 0;
  const first = firstBelow(tops, seen.top - BEYOND_PX);
  const last = Math.min(count, firstBelow(tops, seen.top + seen.height + BEYOND_PX) + 1);
  const isNearEnd = seen.height > 0 && seen.top + seen.height + AHEAD_PX > total;
  useEffect(() => {
    if (isNearEnd) onEnd?.();
  }, [isNearEnd, onEnd, count]);
  return (
    <div ref={scroller} className={className}>
      <ul aria-label={label} className="relative" style={{ height: total }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset).map((index) => (
          <li key={keyOf(index)} className="absolute inset-x-0" style={{ top: tops[index], height: heightOf(index) }}>
            {line(index)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Where each line begins, and behind the last where the list ends. */
export function topsOf(count: number, heightOf: (index: number) => number): number[] {
  const tops = [0];
  for (let index = 0; index < count; index++) tops.push((tops[index] ?? 0) + heightOf(index));
  return tops;
}

/** The line that `y` is in, by bisection; the last one for what is beyond. */
export function firstBelow(tops: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle + 1] ?? 0) <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}
