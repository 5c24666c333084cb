import type { components } from "@/api/schema";

export type Mode = components["schemas"]["Mode"];

/** In the order in which people know them. */
export const MODES: readonly Mode[] = ["rag", "assistant", "notebook"];
