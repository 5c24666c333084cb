import type { Budget, BudgetWish } from "./queries";

export type BudgetChoice = "default" | "own" | "none";

/** What is chosen while nothing has been changed. */
export function choiceOf({ is_default, limit }: Pick<Budget, "is_default" | "limit">): BudgetChoice {
  if (is_default) return "default";
  return limit === null ? "none" : "own";
}

/** What a choice and a text ask for; undefined while the text is no number of tokens. Thousands may be set apart. */
export function wishOf(choice: BudgetChoice, text: string): BudgetWish | undefined {
  if (choice === "default") return "default";
  if (choice === "none") return null;
  const digits = text.trim().replace(/(?<=\d)[\s.,'’](?=\d{3}(?!\d))/g, "");
  const tokens = /^\d{1,13}$/.test(digits) ? Number(digits) : NaN;
  return tokens <= 1_000_000_000_000 ? tokens : undefined;
}
