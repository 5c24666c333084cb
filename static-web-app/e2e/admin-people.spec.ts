import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch, signIn, visit, WEB } from "./browser";
import { look } from "./look";
import { choose } from "./row-menu";

const ONCE = randomUUID().slice(0, 8);

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

it("finds people, keeps the filters in the address, and changes somebody's rights", async () => {
  const { page, context, conscience } = await visit(browser);
  // who has signed in is known: Dave belongs to no department
  const dave = await visit(browser);
  await signIn(dave.page, "Dave");
  await signIn(page, "Ada Min", "/admin/users");
  await page.getByRole("textbox", { name: "Search by name or address" }).fill("dave");
  await page.waitForURL(/\?q=dave$/);
  await page.getByLabel("Role").selectOption("User");
  await page.waitForURL(/role=user/);
  await page.reload();
  await page.getByRole("button", { name: "Dave Novak", exact: true }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Change Dave/ });
  expect(await dialog.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  await dialog.getByLabel("Country", { exact: true }).selectOption({ label: "Germany" });
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText(/^Dave .* is changed\.$/).waitFor();
  await page.getByRole("cell", { name: "Germany" }).waitFor();
  // his sessions are over
  dave.conscience.expected = [/401/];
  await dave.page.reload();
  await dave.page.getByRole("button", { name: /Microsoft/ }).waitFor();
  await dave.context.close();

  await choose(page, /^More about Dave/, "Change role and scope");
  await dialog.getByLabel("Country", { exact: true }).selectOption({ label: "No country" });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Clear all filters" }).click();
  await page.waitForURL(`${WEB}/admin/users`);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  expect((await download).suggestedFilename()).toBe("nexus-users.csv");
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("S18: gives a person a daily budget, and takes it back", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/users?q=ada");
  const budget = page.getByRole("dialog", { name: /^Daily budget of Ada/ });
  await choose(page, /^More about Ada/, "Daily budget");
  await budget.getByRole("radio", { name: "A budget of its own" }).check();
  await budget.getByLabel("Tokens a day").fill("many");
  await budget.getByText("A whole number, 0 or more.").waitFor();
  await budget.getByLabel("Tokens a day").fill("9,000,000");
  await budget.getByRole("button", { name: "Save" }).click();
  await budget.waitFor({ state: "detached" });
  await choose(page, /^More about Ada/, "Daily budget");
  expect(await budget.getByLabel("Tokens a day").inputValue()).toBe("9000000");
  await budget.getByRole("radio", { name: /^The default/ }).check();
  await budget.getByRole("button", { name: "Save" }).click();
  await budget.waitFor({ state: "detached" });
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("forgets a person once their address is written, says how far that is, and never offers oneself", async () => {
  const { page, context, conscience } = await visit(browser);
  // Dave belongs nowhere: when he signs in again he is a new person, and the same to other tests
  const dave = await visit(browser);
  await signIn(dave.page, "Dave");
  await dave.context.close();
  await signIn(page, "Ada Min", "/admin/users?q=dave");
  await choose(page, /^More about Dave/, "Forget this person");
  const dialog = page.getByRole("dialog", { name: /^Forget Dave/ });
  const go = dialog.getByRole("button", { name: "Forget this person" });
  await dialog.getByRole("textbox").fill("alice@northwind.example");
  expect(await go.isDisabled()).toBe(true);
  await look(page, "admin-forget");
  await dialog.getByRole("textbox").fill("dave@northwind.example");
  await go.click();
  const report = page.getByRole("region", { name: /^A person (is being|was) forgotten$/ });
  await report.getByText(/^(The name is gone|Erasing|Done on)/).waitFor();
  await page.getByText("Nobody fits.").waitFor();
  // the report has an address
  expect(new URL(page.url()).searchParams.get("forgotten")).toMatch(/^[0-9a-f-]{36}$/);
  await page.reload();
  await report.waitFor();
  await report.getByRole("button", { name: "Hide this report" }).click();
  await report.waitFor({ state: "detached" });

  await page.goto(`${WEB}/admin/users?q=ada`);
  await page
    .getByRole("main")
    .getByRole("button", { name: /^More about Ada/ })
    .click();
  expect(await page.getByRole("menuitem", { name: "Forget this person" }).getAttribute("aria-disabled")).toBe("true");
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("adds, renames and deletes a department; one in use stays, and says why", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/departments");
  await page.getByRole("button", { name: "Add department" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(`Legal ${ONCE}`);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await choose(page, new RegExp(`Legal ${ONCE}`), "Change");
  await dialog.getByLabel("Name").fill("HR");
  conscience.expected = [/409/];
  await page.keyboard.press("Enter");
  await dialog.getByText(/There already is a department/).waitFor();
  await dialog.getByLabel("Name").fill(`Law ${ONCE}`);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await choose(page, new RegExp(`Law ${ONCE}`), "Delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("cell", { name: `Law ${ONCE}` }).waitFor({ state: "detached" });
  await choose(page, /^More about HR$/, "Delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await dialog
    .getByRole("alert")
    .getByText(/in use/)
    .waitFor();
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("adds a country whose name it knows, and deletes it", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/countries");
  await page.getByRole("button", { name: "Add country" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Code").fill("is");
  expect(await dialog.getByLabel("Name").inputValue()).toBe("Iceland");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await choose(page, /^More about Iceland$/, "Delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("cell", { name: "Iceland" }).waitFor({ state: "detached" });
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("S11: offers a content manager prompts, but neither users nor providers", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Carol", "/admin/prompts");
  const menu = page.getByRole("navigation");
  await menu.getByRole("link", { name: "Prompts" }).waitFor();
  for (const name of ["Users", "Departments", "Countries", "Providers"]) {
    expect(await menu.getByRole("link", { name, exact: true }).count(), name).toBe(0);
  }
  for (const address of ["users", "departments", "countries", "providers"]) {
    await page.goto(`${WEB}/admin/${address}`);
    await page.getByText("Your role does not open this page").waitFor();
  }
  expect(conscience.found).toEqual([]);
  await context.close();
});
