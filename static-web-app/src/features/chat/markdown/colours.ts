import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { common, createLowlight } from "lowlight";
import type { ReactElement } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";

const lowlight = createLowlight(common);
/** Longer code is read, if at all, in another program. */
const LONGEST = 30_000;

/** Null for a language that is not known. */
export function colour(code: string, language: string): ReactElement | null {
  if (!lowlight.registered(language) || code.length > LONGEST) return null;
  return toJsxRuntime(lowlight.highlight(language, code), { Fragment, jsx, jsxs }) as ReactElement;
}
