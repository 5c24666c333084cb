/** Stands in for `hast-util-from-html-isomorphic` within rehype-katex (next.config.ts). */
import type { Element } from "hast";
import { fromDom } from "hast-util-from-dom";

/** KaTeX gives style attributes to what it cannot read, \pmb and \fcolorbox; the CSP refuses them as soon as they are
 *  parsed, wherever that is. In what it writes a quote within a text or a value is always `&quot;`. */
export function withoutStyles(html: string): string {
  return html.replace(/ style="[^"]*"/g, "");
}

export function fromHtmlIsomorphic(html: string): Element {
  const { body } = new DOMParser().parseFromString(withoutStyles(html), "text/html");
  return fromDom(body) as Element;
}
