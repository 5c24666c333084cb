import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import {
  answer,
  answered,
  ask,
  composer,
  forgetScripts,
  launch,
  script,
  signIn,
  visit,
  WEB,
  type Visit,
} from "./browser";

const QUESTION = "How many days a week may I work from home?";

let browser: Browser;
let alice: Visit;
let page: Page;

beforeAll(async () => {
  browser = await launch();
  await forgetScripts();
  alice = await visit(browser);
  page = alice.page;
  await signIn(page, "Alice");
});
afterAll(() => browser.close());
afterEach(() => expect(alice.conscience.found).toEqual([]));

async function newChat(mode: "Documents" | "Assistant" = "Documents"): Promise<void> {
  await page.getByRole("link", { name: "New chat" }).click();
  await page.getByRole("radio", { name: mode }).check({ force: true });
}

/** Whether it can be read without scrolling. */
async function isWithin(part: Locator, whole: Locator): Promise<boolean> {
  const [inner, outer] = [await part.boundingBox(), await whole.boundingBox()];
  return !!inner && !!outer && inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height;
}

it("answers from documents, with citations that open the passage", async () => {
  await page.getByText("You see company-wide documents and those of HR, Germany.").waitFor();
  await ask(page, QUESTION);
  await answered(page);
  expect(await answer(page).textContent()).toMatch(/three days a week/);
  const address = new URL(page.url());
  expect(address.searchParams.get("c")).toMatch(/^[0-9a-f-]{36}$/);

  await answer(page)
    .getByRole("button", { name: /^Source 1:/ })
    .click();
  const source = page.getByRole("region", { name: "Source 1" });
  await source.getByText("Employee_Handbook_2026.pdf").waitFor();
  const quote = source.locator("mark").first();
  expect(await quote.textContent()).toMatch(/three days a week/);
  expect(await isWithin(quote, source.getByLabel("Passage"))).toBe(true);
  expect(await source.getByRole("link", { name: "Open in SharePoint" }).getAttribute("href")).toMatch(
    /^http.*\.pdf#page=\d+$/,
  );
  expect(page.url()).toMatch(/&m=[0-9a-f-]+&n=1/);
  // the citation has an address
  await page.reload();
  await source.waitFor();
  await page.keyboard.press("Escape");
  await source.waitFor({ state: "detached" });
});

it("says what went wrong with its correlation id, and asks again", async () => {
  await newChat("Assistant");
  await script({ text: "never said to its end", error_after_tokens: 2 });
  await ask(page, "Fail, please.");
  const failure = page.getByRole("main").getByRole("alert");
  await failure.getByRole("button", { name: /Copy correlation id/ }).waitFor();
  await script({ text: "This time it works." });
  await failure.getByRole("button", { name: "Ask again" }).click();
  await page.getByText("2/2").waitFor();
  await answer(page).getByText("This time it works.").waitFor();
  await script({});
  await page.getByRole("button", { name: "Earlier version" }).click();
  await page.getByText("1/2").waitFor();
});

it("says when the documents do not cover a question", async () => {
  await newChat();
  await ask(page, "What does Zorblatt Industries charge for its quantum toaster?");
  await answered(page);
  await page.getByText("Your documents do not cover this.").waitFor();
});

it("takes feedback with a comment, and takes it back", async () => {
  const good = page.getByRole("button", { name: "Good answer" }).last();
  await page.getByRole("button", { name: "Bad answer" }).last().click();
  await page.getByRole("dialog").getByRole("textbox").fill("The toaster is in the catalogue.");
  await page.getByRole("button", { name: "Send comment" }).click();
  await page.getByText("Thank you. That helps.").waitFor();
  await page.reload();
  const bad = page.getByRole("button", { name: "Bad answer" }).last();
  await expect.poll(() => bad.getAttribute("aria-pressed")).toBe("true");
  await bad.click();
  await expect.poll(() => bad.getAttribute("aria-pressed")).toBe("false");
  expect(await good.getAttribute("aria-pressed")).toBe("false");
});

it("renames, finds, exports and deletes a conversation", async () => {
  await page
    .getByRole("main")
    .getByRole("button", { name: /^More about/ })
    .click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Title" }).fill("About a toaster");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "About a toaster" }).waitFor();

  await page.getByRole("textbox", { name: "Search chats" }).fill("toaster");
  const hit = page.getByRole("navigation").getByRole("link", { name: /About a toaster/ });
  await hit.waitFor();
  await page.getByRole("button", { name: "Clear the search" }).click();

  await page.getByRole("button", { name: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "As Markdown" }).click();
  expect((await download).suggestedFilename()).toMatch(/\.md$/);

  await page
    .getByRole("main")
    .getByRole("button", { name: /^More about/ })
    .click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.waitForURL(`${WEB}/chat`);
  await hit.waitFor({ state: "detached" });
});

it("works by keyboard: palette, messages, citations, shortcuts", async () => {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("work from");
  await page.getByRole("option", { name: /work/ }).first().waitFor();
  await page.keyboard.press("Enter");
  await answered(page);
  await page.locator("body").click({ position: { x: 700, y: 300 } });
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("]");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-citation"))).toBe("1");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Source 1" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+/");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

it("signs out in all tabs at once", async () => {
  const second = await alice.context.newPage();
  await second.goto(`${WEB}/chat`);
  await composer(second).waitFor();
  await page.getByRole("button", { name: /Alice Weber/ }).click();
  await page.getByRole("menuitem", { name: "Sign out", exact: true }).click();
  for (const tab of [page, second]) await tab.getByRole("button", { name: /Microsoft/ }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: /Microsoft/ }).waitFor();
});

it("tells an account that may not use Nexus so, and lets another in", async () => {
  const mallory = await visit(browser);
  await mallory.page.goto(`${WEB}/chat`);
  await mallory.page.getByRole("button", { name: /Microsoft/ }).click();
  await mallory.page.getByRole("button", { name: /Mallory/ }).click();
  await mallory.page.getByRole("heading", { name: "This account may not use Nexus" }).waitFor();
  await mallory.page.getByRole("button", { name: "Use another account" }).click();
  await mallory.page.getByRole("button", { name: /Dave/ }).click();
  await composer(mallory.page).waitFor();
  expect(mallory.conscience.found).toEqual([]);
  await mallory.context.close();
});
