import { describe, expect, it } from "vitest";
import { BlockSplitter, type Block } from "./blocks";

const TEXT = `# Title
Some text
over two lines.

- one
- two

  still two
- three

\`\`\`python
def f():

    return 1
\`\`\`
After code.

| a | b |
|---|---|
| 1 | 2 |

$$
x = 1

y = 2
$$

1. first
2. second
`;

const lettersOf = (blocks: Block[]) =>
  blocks
    .map((block) => block.source)
    .join("")
    .replace(/\s/g, "");
const sources = (text: string) => new BlockSplitter().blocks(text).map((block) => block.source.trim());

describe("blocks", () => {
  it("are headings, paragraphs, lists, code, tables and formulas, each whole", () => {
    expect(sources(TEXT)).toEqual([
      "# Title",
      "Some text\nover two lines.",
      "- one\n- two\n\n  still two\n- three",
      "```python\ndef f():\n\n    return 1\n```",
      "After code.",
      "| a | b |\n|---|---|\n| 1 | 2 |",
      "$$\nx = 1\n\ny = 2\n$$",
      "1. first\n2. second",
    ]);
  });

  it("are the same whether the text comes at once or letter by letter, and lose nothing", () => {
    const splitter = new BlockSplitter();
    for (let length = 1; length <= TEXT.length; length++) {
      expect(lettersOf(splitter.blocks(TEXT.slice(0, length)))).toBe(TEXT.slice(0, length).replace(/\s/g, ""));
    }
    expect(splitter.blocks(TEXT)).toEqual(new BlockSplitter().blocks(TEXT));
  });

  it("that are finished stay the same objects", () => {
    const splitter = new BlockSplitter();
    const before = splitter.blocks("one\n\ntwo\n\nthr");
    const after = splitter.blocks("one\n\ntwo\n\nthree\n\nfour");
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });

  it("begin anew when the text is another one", () => {
    const splitter = new BlockSplitter();
    splitter.blocks("first answer\n\nwith more\n");
    expect(splitter.blocks("second").map((block) => block.source)).toEqual(["second"]);
  });

  it("cut a list that is long between two items, and say that it goes on", () => {
    const list = Array.from({ length: 200 }, (_, n) => `${n + 1}. item number ${n + 1}`).join("\n");
    const blocks = new BlockSplitter().blocks(list);
    expect(blocks.length).toBeGreaterThan(1);
    expect(Math.max(...blocks.map((block) => block.source.length))).toBeLessThan(1_400);
    expect(blocks.map((block) => block.continues)).toEqual(blocks.map((_, index) => index > 0));
    expect(blocks.every((block) => /^\d+\. /.test(block.source))).toBe(true);
  });

  it("are few to look at again: a long answer is split in time that grows with its length", () => {
    const splitter = new BlockSplitter();
    const word = "lorem ipsum ";
    let text = "";
    for (let n = 0; n < 5_000; n++) {
      text += n % 60 === 59 ? "\n\n" : word;
      splitter.blocks(text);
    }
    expect(splitter.blocks(text)).toHaveLength(84);
  });
});
