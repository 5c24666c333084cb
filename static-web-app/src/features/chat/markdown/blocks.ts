/** Markdown in pieces that can be drawn one by one: while an answer comes, only its last block changes. */
export interface Block {
  /** Stable: a block keeps it while text is added behind. */
  key: number;
  source: string;
  /** Goes on with the list above it, which was too long to be drawn as one. */
  continues: boolean;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const MATH = /^\s*(\$\$|\\\[)/;
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])\s/;
const INDENTED = /^(?: {2,}|\t)\S/;
const HEADING = /^ {0,3}#{1,6}\s/;
/** Parsing costs by length: a list is cut before its next item from here on. */
const LONG_LIST = 1_200;

/** Splits a text that grows at its end. `blocks` may be asked again with the same text, or with a longer one. */
export class BlockSplitter {
  private text = "";
  private finished: Block[] = [];
  /** Where the last block begins. */
  private from = 0;
  private continues = false;
  private shown: Block[] = [];

  blocks(text: string): Block[] {
    if (text === this.text) return this.shown;
    if (!text.startsWith(this.text.slice(0, this.from))) {
      this.finished = [];
      this.from = 0;
      this.continues = false;
    }
    this.text = text;
    this.scan();
    const rest = text.slice(this.from);
    this.shown = rest.trim() ? [...this.finished, this.block(rest)] : [...this.finished];
    return this.shown;
  }

  private block(source: string): Block {
    return { key: this.finished.length, source, continues: this.continues };
  }

  private finish(end: number, continues: boolean): void {
    const source = this.text.slice(this.from, end);
    if (source.trim()) this.finished.push(this.block(source));
    this.from = end;
    this.continues = continues;
  }

  /** Walks the lines of the last block, and finishes it wherever another begins. */
  private scan(): void {
    let at = this.from;
    let kind: "none" | "text" | "list" | "fence" | "math" = "none";
    let closing = "";
    let afterBlank = false;
    for (;;) {
      const end = this.text.indexOf("\n", at);
      if (end < 0) {
        // whatever this line becomes, a paragraph ends at the blank one before it
        if (kind === "text" && afterBlank && this.text.slice(at).trim()) this.finish(at, false);
        return;
      }
      const line = this.text.slice(at, end);
      const next = end + 1;
      if (kind === "fence" || kind === "math") {
        if (closes(line, closing, kind, at === this.from)) {
          this.finish(next, false);
          kind = "none";
        }
      } else if (line.trim() === "") {
        afterBlank = true;
      } else {
        const fence = FENCE.exec(line);
        const isInList = kind === "list" && (LIST_ITEM.test(line) || INDENTED.test(line) || !afterBlank);
        const isLong = at - this.from > LONG_LIST;
        if ((kind === "list" && fence && INDENTED.test(line)) || (isInList && !fence)) {
          if (isLong && LIST_ITEM.test(line)) this.finish(at, true);
        } else {
          const begins = afterBlank || fence !== null || HEADING.test(line) || MATH.test(line);
          if (begins && at > this.from) this.finish(at, false);
          if (fence) {
            kind = "fence";
            closing = fence[1] ?? "";
          } else if (MATH.test(line) && !closedOnItsLine(line)) {
            kind = "math";
            closing = line.includes("$$") ? "$$" : "\\]";
          } else if (HEADING.test(line)) {
            this.finish(next, false);
            kind = "none";
          } else {
            kind = LIST_ITEM.test(line) ? "list" : "text";
          }
        }
        afterBlank = false;
      }
      at = next;
    }
  }
}

function closes(line: string, closing: string, kind: "fence" | "math", isFirst: boolean): boolean {
  if (isFirst) return false;
  if (kind === "math") return line.trimEnd().endsWith(closing);
  const marks = line.trim();
  return marks.length >= closing.length && marks.split("").every((mark) => mark === closing[0]);
}

function closedOnItsLine(line: string): boolean {
  const text = line.trim();
  return text.length > 4 && (text.endsWith("$$") || text.endsWith("\\]"));
}
