import type { Page } from "playwright-core";

/** Does what the menu of a row offers; `about` is how the menu is called. */
export async function choose(page: Page, about: RegExp, action: string): Promise<void> {
  await page.getByRole("main").getByRole("button", { name: about }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}
