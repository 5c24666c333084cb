import { expect, it } from "vitest";
import { withoutStyles } from "./html-of-formulas";

// as KaTeX writes them
it.each([
  [
    "what cannot be read",
    '<span class="katex-error" title="ParseError: \\href{x}" style="color:#cc0000">\\href{x}</span>',
    '<span class="katex-error" title="ParseError: \\href{x}">\\href{x}</span>',
  ],
  [
    "a box",
    '<mpadded width="+6pt" style="border: 0.04em solid red" mathbackground="blue"><mstyle displaystyle="false">',
    '<mpadded width="+6pt" mathbackground="blue"><mstyle displaystyle="false">',
  ],
])("takes the style from %s", (_, html, expected) => {
  expect(withoutStyles(html)).toBe(expected);
});

it("leaves what a formula says as it is", () => {
  const html = "<mtext>a style=&quot;b&quot; c</mtext>";
  expect(withoutStyles(html)).toBe(html);
});
