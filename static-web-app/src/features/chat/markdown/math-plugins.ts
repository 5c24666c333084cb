import rehypeKatex from "rehype-katex";
import remarkMath from "remark-math";
import type { PluggableList } from "unified";

export const remark: PluggableList = [[remarkMath, { singleDollarTextMath: false }]];
// MathML is drawn by the browser itself: KaTeX' HTML has style attributes, which the CSP refuses already while it is
// parsed. `trust: false` is the default, said because it keeps \href and \includegraphics from doing anything; what is
// larger than `maxSize` em would cover the page.
export const rehype: PluggableList = [
  [rehypeKatex, { output: "mathml", trust: false, maxSize: 20, strict: "ignore", throwOnError: false }],
];
