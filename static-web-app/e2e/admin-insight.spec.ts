import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answer, answered, ask, launch, signIn, visit, WEB } from "./browser";
import { look, LOOKS } from "./look";
import { choose } from "./row-menu";

const ONCE = randomUUID().slice(0, 8);
const QUESTION = "How many weeks of paid parental leave does a birth parent get?";
const COMMENT = `Leaves out the other parent (${ONCE})`;
const NOTE = `Both papers on leave have to be found (${ONCE})`;

/** What the reports are about: who asks, and what they think of the last answer. */
const ASKED = [
  {
    name: "Alice",
    rates: "Good answer",
    questions: ["How many days a week may I work from home?", "What does the company pay for my home office?"],
  },
  {
    name: "Carol",
    rates: "Good answer",
    questions: ["How long is the notice period?", "Who approves business travel?"],
  },
  { name: "Bob", rates: "Bad answer", questions: ["What does Zorblatt Industries charge for its quantum toaster?"] },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  for (const { name, rates, questions } of ASKED) {
    const { page, context } = await visit(browser);
    await signIn(page, name);
    for (const [n, question] of questions.entries()) {
      await ask(page, question);
      await page.getByRole("button", { name: "Copy answer" }).nth(n).waitFor({ state: "attached" });
    }
    await answer(page).hover();
    await page.getByRole("button", { name: rates }).last().click();
    await page.getByRole("button", { name: rates, pressed: true }).last().waitFor();
    await context.close();
  }
});
afterAll(() => browser.close());

/** What a browser saves, as text. */
async function saved(page: Page, press: () => Promise<void>): Promise<{ name: string; text: string }> {
  const [file] = await Promise.all([page.waitForEvent("download"), press()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

it("feedback opens on its exchange, moves on, and becomes a case", async () => {
  const bob = await visit(browser);
  await signIn(bob.page, "Bob");
  await ask(bob.page, QUESTION);
  await answered(bob.page);
  await answer(bob.page).hover();
  await bob.page.getByRole("button", { name: "Bad answer" }).last().click();
  await bob.page.getByRole("dialog").getByRole("textbox").fill(COMMENT);
  await bob.page.getByRole("button", { name: "Send comment" }).click();
  await bob.page.getByText("Thank you. That helps.").waitFor();
  await bob.context.close();

  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/feedback");
  await page.getByRole("textbox", { name: "Search question, answer, comment" }).fill(ONCE);
  await page.waitForURL(new RegExp(`q=${ONCE}`));
  const csv = await saved(page, () => page.getByRole("button", { name: "CSV" }).click());
  expect(csv.text.split("\r\n").filter((line) => line.includes(COMMENT))).toHaveLength(1);
  await page.getByRole("link", { name: QUESTION }).click();
  await page.getByText(COMMENT).waitFor();
  await page
    .getByRole("button", { name: /^Source 1:/ })
    .first()
    .click();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-cited-as"))).toBe("1");

  await page.getByRole("button", { name: "Mark as reviewed" }).click();
  await page.getByRole("button", { name: "Mark as resolved" }).waitFor();
  await page.getByRole("button", { name: "Make it an evaluation case" }).click();
  const dialog = page.getByRole("dialog");
  expect(await dialog.getByRole("button", { name: "Save the case" }).isDisabled()).toBe(true);
  await dialog.getByRole("combobox").selectOption({ index: 1 });
  await dialog.getByRole("textbox", { name: "Note" }).fill(NOTE);
  await dialog.getByRole("button", { name: "Save the case" }).click();
  await page.getByText("The case is saved.").waitFor();
  await page.getByRole("button", { name: "Change the evaluation case" }).waitFor();

  await page.goto(`${WEB}/admin/feedback/cases`);
  const row = page.getByRole("row").filter({ hasText: ONCE });
  await row.getByRole("cell", { name: "Wrong" }).waitFor();
  const lines = await saved(page, () => page.getByRole("button", { name: /JSONL/ }).click());
  const cases = lines.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { question: string; note: string });
  expect(cases.find(({ note }) => note === NOTE)?.question).toBe(QUESTION);
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("analytics: charts are read by keyboard, have their tables and files, and keep their period in the address", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/analytics");
  const chart = page.getByRole("slider", { name: /^Tokens over time/ });
  await chart.focus();
  await page.keyboard.press("End");
  expect(await chart.getAttribute("aria-valuenow")).toBe("30");
  expect(await chart.getAttribute("aria-valuetext")).toMatch(/Read by models: [\d,]*[1-9]/);
  await page.keyboard.press("ArrowLeft");
  expect(await chart.getAttribute("aria-valuenow")).toBe("29");
  const csv = await saved(page, () => page.getByRole("button", { name: "Download: Tokens over time (CSV)" }).click());
  expect(csv.name).toMatch(/^usage-by-day-.*\.csv$/);
  await page.getByLabel("Period").selectOption({ label: "Last 7 days" });
  await page.waitForURL(/from=\d{4}-/);
  await expect.poll(() => chart.getAttribute("aria-valuemax")).toBe("7");
  await page.getByRole("combobox", { name: "By" }).selectOption({ label: "person" });
  await page.getByRole("rowheader", { name: "Bob Miller" }).waitFor();
  await page.getByRole("tab", { name: "Quality" }).click();
  await page.waitForURL(/report=quality/);
  await page.getByRole("slider", { name: /^Quality over time/ }).waitFor();
  await page.getByText("As a table").click();
  await page.getByRole("columnheader", { name: "Rated helpful" }).waitFor();
  await page.getByRole("tab", { name: "Documents" }).click();
  await page.getByRole("table", { name: "Cited most" }).getByRole("link").first().waitFor();
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("the audit log is narrowed and taken out, and retention asks before it deletes", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/audit");
  await page.getByLabel("What", { exact: true }).selectOption({ label: "Exchange read" });
  await page.waitForURL(/action=feedback.read/);
  const first = page.getByRole("row").nth(1);
  await first.locator("summary").click();
  await first.getByText("feedback.read").waitFor();
  await first.getByRole("button", { name: "Show only Ada Min" }).click();
  await page.waitForURL(/actor=/);
  const csv = await saved(page, () => page.getByRole("button", { name: /\(CSV\)$/ }).click());
  const [head, ...rows] = csv.text.trim().split("\r\n");
  expect(head).toContain("actor_id,action");
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.every((row) => row.includes(",feedback.read,"))).toBe(true);

  await page.goto(`${WEB}/admin/retention`);
  const log = page.getByRole("group", { name: "Audit log" });
  await log.getByRole("radio", { name: "For ever" }).check();
  const save = page.getByRole("button", { name: "Save" });
  await log.getByRole("radio", { name: "For a number of days" }).check();
  await page.getByLabel("Days: Audit log").fill("29");
  await page.getByText("A whole number of days, from 30 to 36,500.").waitFor();
  expect(await save.isDisabled()).toBe(true);
  await page.getByLabel("Days: Audit log").fill("3650");
  await save.click();
  await page.getByRole("dialog").getByText("Audit log: 3,650 days.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Delete what is older" }).click();
  await page.getByText(/^Last changed on/).waitFor();
  await page.getByRole("group", { name: "Audit log" }).getByRole("radio", { name: "For ever" }).check();
  await save.click();
  await expect.poll(() => save.isDisabled()).toBe(true);
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("budgets that somebody has set are listed", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/users?q=alice");
  for (const [address, name, tokens] of [
    ["/admin/users?q=alice", "Alice", "50,000"],
    ["/admin/departments", "HR", "1,000,000"],
  ] as const) {
    await page.goto(WEB + address);
    await choose(page, new RegExp(`^More about ${name}`), "Daily budget");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: "A budget of its own" }).check();
    await dialog.getByLabel("Tokens a day").fill(tokens);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
  }
  await page.goto(`${WEB}/admin/budgets`);
  await page.getByRole("row", { name: /Alice.*50,000/ }).waitFor();
  await page.getByRole("row", { name: /HR.*1,000,000/ }).waitFor();
  expect(conscience.found).toEqual([]);
  await context.close();
});

it.each(LOOKS)("every page of the insight, $name: no violation", async (shape) => {
  const { page, context, conscience } = await visit(browser, shape);
  await signIn(page, "Ada Min", "/admin/feedback");
  const exchange = page.getByRole("row").filter({ hasText: COMMENT }).getByRole("link");
  await exchange.waitFor();
  await look(page, `admin-feedback-${shape.name}`);
  await exchange.click();
  await page.getByRole("complementary", { name: /^(About this answer|Zu dieser Antwort)$/ }).waitFor();
  await page
    .getByRole("button", { name: /^(Source|Beleg) 1:/ })
    .first()
    .waitFor();
  await look(page, `admin-feedback-exchange-${shape.name}`);
  await page.getByRole("button", { name: /(evaluation case|Prüffall)/ }).click();
  await page.getByRole("dialog").getByText(NOTE).waitFor();
  await look(page, `admin-eval-case-${shape.name}`);
  await page.goto(`${WEB}/admin/feedback/cases`);
  await page.getByRole("table").waitFor();
  await look(page, `admin-eval-cases-${shape.name}`);
  for (const report of ["usage", "quality", "documents"]) {
    await page.goto(`${WEB}/admin/analytics?report=${report}`);
    await page.getByRole("main").getByRole("table").last().waitFor();
    await look(page, `admin-analytics-${report}-${shape.name}`);
  }
  await page.goto(`${WEB}/admin/audit`);
  await page
    .getByRole("row")
    .filter({ hasText: /Retention changed|Aufbewahrung geändert/ })
    .first()
    .locator("summary")
    .click();
  await look(page, `admin-audit-${shape.name}`);
  await page.goto(`${WEB}/admin/retention`);
  await page.getByRole("radio").first().waitFor();
  await look(page, `admin-retention-${shape.name}`);
  await page.goto(`${WEB}/admin/budgets`);
  await page.getByRole("table").waitFor();
  await look(page, `admin-budgets-${shape.name}`);
  await page.locator("[data-row]").first().click();
  await page.getByRole("dialog").locator("dl").waitFor();
  await look(page, `admin-budget-${shape.name}`);
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("a budget is taken back where it is listed", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/budgets");
  const dialog = page.getByRole("dialog");
  for (const name of ["Alice Weber", "HR"]) {
    await page.getByRole("button", { name: `Change the budget of ${name}` }).click();
    await dialog.getByRole("radio", { name: /^The default/ }).check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
  }
  await page.getByText("Nobody has a budget of their own").waitFor();
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("an evaluation case is deleted once it is confirmed", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/feedback/cases");
  const row = page.getByRole("row").filter({ hasText: ONCE });
  await row.getByRole("button", { name: /^Delete this case/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete this case" }).click();
  await row.waitFor({ state: "detached" });
  expect(conscience.found).toEqual([]);
  await context.close();
});
