import type { ReactNode } from "react";
import { Cell } from "@/ui/table";

/** What can be done with a row, at its end; as high as the row's first line, so that it makes no row higher. */
export function MenuCell({ children }: { children: ReactNode }) {
  return (
    <Cell className="w-0">
      <div className="-my-1.5 flex items-center justify-end gap-1">{children}</div>
    </Cell>
  );
}
