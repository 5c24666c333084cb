import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch, script, signIn, visit, WEB } from "./browser";
import { look, LOOKS } from "./look";
import { choose } from "./row-menu";

const MODELS = process.env.NEXUS_E2E_MODELS ?? "";
const ONCE = randomUUID().slice(0, 8);

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

it("S13: adds a provider, says what is wrong with it, tests it, and orders the fallbacks", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/providers");
  conscience.expected = [/422/];
  const dialog = page.getByRole("dialog");
  const notebook = page.getByRole("region", { name: "Notebook", exact: true });
  // the stand-in knows the one, not the other
  const models = ["gpt-4.1-mini", `unknown-${ONCE}`];
  for (const model of models) {
    await page.getByRole("button", { name: "Add a provider for Notebook" }).click();
    await dialog.getByLabel("Model").fill(model);
    if (model === models[0]) {
      await dialog.getByLabel("Address").fill("https://evil.test/v1");
      await dialog.getByLabel("Variable of the key").fill("NEXUS_ACCESS_TOKEN_KEY");
      await dialog.getByRole("button", { name: "Add provider" }).click();
      await dialog.getByText(/Nexus may not call this address/).waitFor();
      await dialog.getByText("This variable is not for keys of models").waitFor();
      await dialog.getByLabel("Variable of the key").fill("");
    }
    await dialog.getByLabel("Address").fill(`${MODELS}/v1`);
    await dialog.getByLabel("Price of input").fill("0.25");
    await dialog.getByRole("button", { name: "Add provider" }).click();
    await dialog.waitFor({ state: "detached" });
    await choose(page, new RegExp(`^More about ${model}$`), "Ask as last fallback");
    await notebook.getByRole("row", { name: new RegExp(`Fallback .*${model}`) }).waitFor();
  }
  await script({ text: "I am ready.", times: 1 });
  await notebook.getByRole("button", { name: `Test of ${models[0]}` }).click();
  await dialog.getByText("It answers.").waitFor();
  await dialog.getByText("I am ready.").waitFor();
  await page.keyboard.press("Escape");
  await notebook.getByRole("button", { name: `Test of ${models[1]}` }).click();
  await dialog.getByText("It does not answer.").waitFor();
  await dialog.getByText("model_not_found").waitFor();
  await look(page, "admin-provider-test");
  await page.keyboard.press("Escape");

  const placed = notebook.getByRole("row").filter({ hasText: /gpt-4\.1-mini|unknown-/ });
  const order = async () =>
    (await placed.allTextContents()).map((text) => models.findIndex((model) => text.includes(model)));
  await expect.poll(order).toEqual([0, 1]);
  await look(page, "admin-providers-fallbacks");
  await choose(page, new RegExp(`^More about ${models[1]}$`), "Ask earlier");
  await expect.poll(order).toEqual([1, 0]);
  for (const model of models) {
    await choose(page, new RegExp(`^More about ${model}$`), "Delete");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog.waitFor({ state: "detached" });
  }
  expect(await placed.count()).toBe(0);
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("writes a version of a prompt, shows what it changes side by side, and goes back", async () => {
  const { page, context, conscience } = await visit(browser);
  // a content manager may do all of this but delete
  await signIn(page, "Carol", "/admin/prompts?mode=notebook");
  await page.getByRole("link", { name: "The product’s own prompt" }).click();
  await page.getByRole("link", { name: "Write a new version from it" }).click();
  const text = page.getByRole("textbox", { name: "Prompt" });
  const own = await text.inputValue();
  await text.fill(`${own.replace("{citation_rule}", "{citations}")} Version ${ONCE}.`);
  await page.getByText("{citation_rule} is missing.", { exact: false }).waitFor();
  await page.getByText("{citations} is unknown", { exact: false }).waitFor();
  expect(await page.getByRole("button", { name: "Save and let it serve" }).isDisabled()).toBe(true);
  await page.reload();
  await page.getByText("Your draft from before is here again.").waitFor();
  await text.fill(`${own} Version ${ONCE}, first.`);
  await page.getByRole("button", { name: "Save and let it serve" }).click();
  await page.getByRole("heading", { level: 1, name: /^Version of/ }).waitFor();
  await page.getByText("Serves", { exact: true }).waitFor();
  const first = page.url();

  await page
    .getByRole("main")
    .getByRole("button", { name: /^More about/ })
    .click();
  await page.getByRole("menuitem", { name: "Write a new version from it" }).click();
  await text.fill(`${own} Version ${ONCE}, second.\nA line more.`);
  await page.getByRole("button", { name: "Keep as a version only" }).click();
  const diff = page.getByRole("region", { name: "What is different" });
  await diff.getByText("2 lines added, 1 removed").waitFor();
  await expect.poll(() => diff.locator("del").allTextContents()).toEqual(["first"]);
  await expect.poll(() => diff.locator("ins").allTextContents()).toEqual(["second"]);
  await look(page, "admin-prompt-difference");
  await page.getByRole("button", { name: "Let it serve" }).click();
  await page.getByText("Serves", { exact: true }).waitFor();

  await page.goto(first);
  await page.getByRole("button", { name: "Let it serve" }).click();
  await page.getByText("Serves", { exact: true }).waitFor();
  await page
    .getByRole("main")
    .getByRole("button", { name: /^More about/ })
    .click();
  await page.getByRole("menuitem", { name: "Let it serve" }).waitFor();
  expect(await page.getByRole("menuitem", { name: "Delete" }).count()).toBe(0);
  expect(conscience.found).toEqual([]);
  await context.close();
});

it.each(LOOKS)("people and steering, $name: no violation, nothing foreign, nothing refused", async (shape) => {
  const { page, context, conscience } = await visit(browser, shape);
  await signIn(page, "Ada Min", "/admin/users");
  const rows = page.getByRole("main").locator("[data-row]");
  await rows.first().waitFor();
  await look(page, `admin-users-${shape.name}`);
  await rows.first().click();
  await page.getByRole("dialog").waitFor();
  await look(page, `admin-user-${shape.name}`);
  for (const name of ["departments", "countries", "providers", "prompts"]) {
    await page.goto(`${WEB}/admin/${name}`);
    await page.getByRole("main").getByRole("table").first().waitFor();
    if (shape.width >= 1024)
      await page
        .getByRole("navigation")
        .getByRole("link", { name: /^(Audit log|Protokoll)$/ })
        .waitFor();
    await look(page, `admin-${name}-${shape.name}`);
  }
  await page.goto(`${WEB}/admin/prompts?mode=notebook`);
  await rows.first().click();
  await page.getByRole("table").waitFor();
  await look(page, `admin-prompt-${shape.name}`);
  await page.goto(`${WEB}/admin/prompts?mode=rag&from=own`);
  await page.getByRole("textbox").waitFor();
  await look(page, `admin-prompt-editor-${shape.name}`);
  await page.goto(`${WEB}/admin/providers`);
  await page
    .getByRole("main")
    .getByRole("button", { name: /^(Add provider|Anbieter hinzufügen)$/ })
    .click();
  await page.getByRole("dialog").waitFor();
  await look(page, `admin-provider-${shape.name}`);
  expect(conscience.found).toEqual([]);
  await context.close();
});
