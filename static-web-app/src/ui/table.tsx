import type { ComponentProps, ReactNode } from "react";
import { classes } from "./classes";

/** Rows for reading: `caption` is its name for screen readers. Scrolls sideways by itself where it is too wide. */
export function Table({ caption, children }: { caption: string; children: ReactNode }) {
  return (
    // focusable, so that the keyboard can scroll it
    <div
      className="overflow-x-auto rounded border border-line bg-surface"
      role="region"
      aria-label={caption}
      tabIndex={0}
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        {children}
      </table>
    </div>
  );
}

export function HeadCell({ className, ...props }: ComponentProps<"th">) {
  return (
    <th
      scope="col"
      className={classes("border-b border-line px-3 py-2 text-left text-xs whitespace-nowrap text-muted", className)}
      {...props}
    />
  );
}

export function Row({ className, ...props }: ComponentProps<"tr">) {
  return <tr className={classes("border-b border-line last:border-0 hover:bg-hover", className)} {...props} />;
}

export function Cell({ number, className, ...props }: ComponentProps<"td"> & { number?: boolean }) {
  return <td className={classes("px-3 py-2 align-top", number && "text-right tabular-nums", className)} {...props} />;
}
