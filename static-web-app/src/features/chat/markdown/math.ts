/** Models write math as \( \), \[ \], $ $ and $$ $$; remark-math is given the last form only, because with single
 *  dollars "from $300 to $500" would become a formula. Code is left alone. */
const CODE = /(`+)[\s\S]*?\1/g;
const FORMS =
  /\\\(([^\n]+?)\\\)|\\\[([\s\S]+?)\\\]|(?<![\\$\w])\$(?![\s$\d.,])([^$\n]*?[\\^_={][^$\n]*?)(?<!\s)\$(?![\w$])/g;

export function withMathMarked(source: string): string {
  if (/^ {0,3}(```|~~~)/.test(source)) return source;
  let marked = "";
  let from = 0;
  for (const code of source.matchAll(CODE)) {
    marked += mark(source.slice(from, code.index)) + code[0];
    from = code.index + code[0].length;
  }
  return marked + mark(source.slice(from));
}

function mark(text: string): string {
  return text.replace(FORMS, (_, inline?: string, block?: string, dollars?: string) =>
    block === undefined ? `$$${inline ?? dollars ?? ""}$$` : `\n$$\n${block.trim()}\n$$\n`,
  );
}

export function hasMath(marked: string): boolean {
  return /\$\$[^$]/.test(marked);
}
