import type { Element, Root } from "hast";
import { expect, it } from "vitest";
import { safeAddress } from "./addresses";
import { citations, notBorneOut } from "./citation-nodes";
import { withoutSourcesBlock } from "./sources-block";

const p = (...children: Element["children"]): Element => ({ type: "element", tagName: "p", properties: {}, children });
const text = (value: string) => ({ type: "text" as const, value });
const code = (value: string): Element => ({
  type: "element",
  tagName: "code",
  properties: {},
  children: [text(value)],
});

function told(node: Root | Element): string {
  return node.children
    .map((child) => {
      if (child.type === "text") return child.value;
      if (child.type !== "element") return "";
      return child.tagName === "cite-ref" ? `<${String(child.properties.n)}>` : `<${child.tagName}:${told(child)}>`;
    })
    .join("");
}

it("finds citations in running text, and none in code", () => {
  const tree: Root = { type: "root", children: [p(text("20 days [2][3], see "), code("a[1]"), text(" [x] [4]"))] };
  citations()(tree);
  expect(told(tree)).toBe("<p:20 days\u00a0<2><3>, see <code:a[1]> [x]\u00a0<4>>");
});

it("marks a sentence that is not borne out, through what is emphasised in it", () => {
  const strong: Element = { type: "element", tagName: "strong", properties: {}, children: [text("20 days")] };
  const tree: Root = { type: "root", children: [p(text("First. You get "), strong, text(" of leave [1]. Last."))] };
  notBorneOut(["You get **20 days** of leave [1]."])()(tree);
  citations()(tree);
  expect(told(tree)).toBe(
    "<p:First. <not-borne-out:You get ><strong:<not-borne-out:20 days>><not-borne-out: of leave\u00a0<1>.> Last.>",
  );
});

it("leaves out the list that the server puts under an answer, and no other", () => {
  const answer = "Text [1].\n\nSources:\nare many, as everyone knows.";
  expect(withoutSourcesBlock(answer)).toBe(answer);
  expect(withoutSourcesBlock(`${answer}\n\nSources:\n[1] a.pdf - https://x/a.pdf\n[2] notes.md`)).toBe(answer);
});

it.each([
  "javascript:alert(1)",
  " javascript:x",
  "data:text/html,x",
  "//evil.test",
  "/admin",
  "vbscript:x",
  "file:///x",
])("S16: %s leads nowhere", (address) => expect(safeAddress(address)).toBe(""));
