/** Stands in for `react-remove-scroll` within radix' dialogs (next.config.ts says why). */
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

interface Props extends ComponentProps<"div"> {
  as?: unknown;
  allowPinchZoom?: boolean;
  shards?: unknown;
}

export function RemoveScroll({ as: _as, allowPinchZoom: _zoom, shards: _shards, ...props }: Props) {
  return <Slot.Root {...props} />;
}
