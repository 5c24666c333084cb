/** The list that the server puts under an answer for readers of plain text (shared/domain/citations.py). Here the
 *  sources are shown as such, so the list is left out, exactly as it was written and nowhere else. */
const LIST = /\n\nSources:\n((?:\[\d+\] [^\n]*(?:\n|$))+)$/;

export function withoutSourcesBlock(text: string): string {
  return text.replace(LIST, "");
}
