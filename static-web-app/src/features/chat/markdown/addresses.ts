/** The addresses that an answer may lead to; any other becomes none (S16). Without imports, so that it is free. */
export function safeAddress(address: string): string {
  return /^(https?:\/\/|mailto:)/i.test(address) ? address : "";
}
