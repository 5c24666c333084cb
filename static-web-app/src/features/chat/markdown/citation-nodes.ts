/** Plugins that find, in what Markdown became, the citations and the sentences that their passages do not bear out. */
import type { Element, ElementContent, Root, Text } from "hast";

const CITATION = /\[(\d{1,3})\]/g;
const OPAQUE = new Set(["code", "pre", "a", "svg", "math"]);

/** `[2]` becomes `<cite-ref n="2">`, but in code and in links. The API lets only numbers of sources through (S15). */
export function citations() {
  return (tree: Root) =>
    eachParent(tree, (parent) => {
      parent.children = (parent.children as ElementContent[]).flatMap(withCitations);
    });
}

function withCitations(node: ElementContent): ElementContent[] {
  if (node.type !== "text" || !node.value.includes("[")) return [node];
  const made: ElementContent[] = [];
  let from = 0;
  for (const match of node.value.matchAll(CITATION)) {
    // the space before a number would let it break away from its sentence
    const before = node.value.slice(from, match.index).replace(/ $/, "\u00a0");
    if (before) made.push({ type: "text", value: before });
    made.push({ type: "element", tagName: "cite-ref", properties: { n: Number(match[1]) }, children: [] });
    from = match.index + match[0].length;
  }
  const rest = node.value.slice(from);
  if (rest) made.push({ type: "text", value: rest });
  return made;
}

/** Sentences, as the answer has them, become `<not-borne-out>`. */
export function notBorneOut(sentences: readonly string[]) {
  const wanted = sentences.map((sentence) => sentence.replace(/[*_`]+/g, "").trim()).filter(Boolean);
  return () => (tree: Root) =>
    eachParent(tree, (parent) => {
      const texts = textsIn(parent);
      const whole = texts.map((text) => text.value).join("");
      for (const sentence of wanted) {
        const at = whole.indexOf(sentence);
        if (at >= 0) mark(parent, at, at + sentence.length);
      }
    });
}

function mark(parent: Element | Root, from: number, to: number): void {
  let offset = 0;
  const walk = (within: Element | Root): void => {
    within.children = (within.children as ElementContent[]).flatMap((node): ElementContent[] => {
      if (node.type === "element") {
        walk(node);
        return [node];
      }
      if (node.type !== "text") return [node];
      const begin = Math.max(0, from - offset);
      const end = Math.min(node.value.length, to - offset);
      offset += node.value.length;
      if (begin >= end) return [node];
      const pieces: ElementContent[] = [
        { type: "text", value: node.value.slice(0, begin) },
        {
          type: "element",
          tagName: "not-borne-out",
          properties: {},
          children: [{ type: "text", value: node.value.slice(begin, end) }],
        },
        { type: "text", value: node.value.slice(end) },
      ];
      return pieces.filter((piece) => piece.type !== "text" || piece.value);
    });
  };
  walk(parent);
}

const INLINE = new Set(["em", "strong", "del", "code", "a", "cite-ref", "not-borne-out", "br", "input", "span", "sup"]);

/** Only of what holds running text itself: a list's sentence is looked for in its item, not in the list. */
function textsIn(parent: Element | Root): Text[] {
  if (parent.children.some((child) => child.type === "element" && !INLINE.has(child.tagName))) return [];
  return parent.children.flatMap((child) =>
    child.type === "text" ? [child] : child.type === "element" ? textsIn(child) : [],
  );
}

function eachParent(node: Root | Element, act: (parent: Root | Element) => unknown): void {
  const children = [...node.children];
  act(node);
  for (const child of children) {
    if (child.type === "element" && !OPAQUE.has(child.tagName)) eachParent(child, act);
  }
}
