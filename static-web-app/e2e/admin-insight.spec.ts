import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answer, answered, ask, launch, signIn, visit, WEB } from "./browser";
import { look } from "./look";

const ONCE = randomUUID().slice(0, 8);
const QUESTION = `How many weeks of paid parental leave does a birth parent get? (${ONCE})`;
const COMMENT = `Leaves out the other parent ${ONCE}`;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
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
  await page.getByRole("button", { name: /^Source 1:/ }).first().click();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-cited-as"))).toBe("1");

  await page.getByRole("button", { name: "Mark as reviewed" }).click();
  await page.getByRole("button", { name: "Mark as resolved" }).waitFor();
  await page.getByRole("button", { name: "Make it an evaluation case" }).click();
  const dialog = page.getByRole("dialog");
  expect(await dialog.getByRole("button", { name: "Save the case" }).isDisabled()).toBe(true);
  await dialog.getByRole("combobox").selectOption({ index: 1 });
  await dialog.getByRole("textbox", { name: "Note" }).fill(ONCE);
  await look(page, "eval-case-light");
  await dialog.getByRole("button", { name: "Save the case" }).click();
  await page.getByText("The case is saved.").waitFor();
  await page.getByRole("button", { name: "Change the evaluation case" }).waitFor();

  await page.goto(`${WEB}/admin/feedback/cases`);
  const row = page.getByRole("row").filter({ hasText: ONCE });
  await row.getByRole("cell", { name: "Wrong" }).waitFor();
  const lines = await saved(page, () => page.getByRole("button", { name: /JSONL/ }).click());
  const cases = lines.text.trim().split("\n").map((line) => JSON.parse(line) as { question: string; note: string });
  expect(cases.find(({ question }) => question === QUESTION)?.note).toBe(ONCE);
  await look(page, "eval-cases-light");
  await row.getByRole("button", { name: /^Delete this case/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete this case" }).click();
  await row.waitFor({ state: "detached" });
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

const LOOKS = [
  { name: "light", width: 1440, height: 900, dark: false, locale: "en-US" },
  { name: "dark", width: 1440, height: 900, dark: true, locale: "de-DE" },
  { name: "phone", width: 390, height: 844, dark: true, locale: "en-US" },
];

it.each(LOOKS)("every page of the insight, $name: no violation", async (shape) => {
  const { page, context, conscience } = await visit(browser, shape);
  await signIn(page, "Ada Min", "/admin/feedback");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await look(page, `feedback-${shape.name}`);
  await page.getByRole("table").getByRole("link").first().click();
  await page.getByRole("complementary", { name: /^(About this answer|Zu dieser Antwort)$/ }).waitFor();
  await look(page, `feedback-exchange-${shape.name}`);
  for (const report of ["usage", "quality", "documents"]) {
    await page.goto(`${WEB}/admin/analytics?report=${report}`);
    await page.getByRole("table").first().or(page.getByRole("slider").first()).first().waitFor();
    await look(page, `analytics-${report}-${shape.name}`);
  }
  await page.goto(`${WEB}/admin/audit`);
  await page.getByRole("table").waitFor();
  await look(page, `audit-${shape.name}`);
  await page.goto(`${WEB}/admin/retention`);
  await page.getByRole("radio").first().waitFor();
  await look(page, `retention-${shape.name}`);
  await page.goto(`${WEB}/admin/budgets`);
  await page.locator("dl").waitFor();
  await look(page, `budgets-${shape.name}`);
  expect(conscience.found).toEqual([]);
  await context.close();
});
