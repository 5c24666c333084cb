/** An address for reading: "Shared Documents", not "Shared%20Documents". */
export function addressWords(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url; // a percent sign of its own
  }
}
