export interface Stretch {
  text: string;
  isQuote: boolean;
}

/** A passage cut at its quotes, which come in its order, each as it stands there; what does not stand there is nothing. */
export function stretchesOf(passage: string, quotes: readonly string[] = []): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (const quote of quotes) {
    const at = quote === "" ? -1 : passage.indexOf(quote, from);
    if (at < 0) continue;
    if (at > from) stretches.push({ text: passage.slice(from, at), isQuote: false });
    stretches.push({ text: quote, isQuote: true });
    from = at + quote.length;
  }
  if (from < passage.length) stretches.push({ text: passage.slice(from), isQuote: false });
  return stretches;
}
