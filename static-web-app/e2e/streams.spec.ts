import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { answer, answered, API, ask, forgetScripts, launch, script, signIn, visit, type Visit } from "./browser";
import { Network } from "./network";

/** Words of which each occurs once, some 250 tokens: one lost or repeated shows. */
const COUNTED = Array.from({ length: 120 }, (_, n) => `word${n + 1}`).join(" ");
const AWAY_MS = 10_000;

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

async function newChat(): Promise<void> {
  // the one above the list: conversations without a title are called so, too
  await page.getByRole("link", { name: "New chat", exact: true }).first().click();
  await page.getByRole("radio", { name: "Assistant" }).check({ force: true });
}

const textOf = async (tab: Page) => ((await answer(tab).textContent()) ?? "").trim();
const stopButton = (tab: Page) => tab.getByRole("button", { name: "Stop" });

it("shows tokens one by one, as they come", async () => {
  await newChat();
  await script({ text: COUNTED, tokens_per_second: 30, times: 1 });
  await page.evaluate(() => {
    const seen: string[] = [];
    (window as unknown as Seen).seen = seen;
    new MutationObserver(() => {
      const text = document.querySelector(".answer")?.textContent.trim() ?? "";
      if (text !== "" && text !== seen.at(-1)) seen.push(text);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await ask(page, "Count to one hundred and twenty.");
  await answered(page);
  const seen = await page.evaluate(() => (window as unknown as Seen).seen);
  expect(seen.at(-1)).toBe(COUNTED);
  for (const text of seen) expect(COUNTED.startsWith(text), text.slice(-40)).toBe(true);
  expect(seen.map((text) => text.length)).toEqual(seen.map((text) => text.length).toSorted((a, b) => a - b));
  // under load two or three may share a frame
  expect(seen.length).toBeGreaterThan(40);
});

it("stops when told to, and keeps what came", async () => {
  await newChat();
  await script({ text: COUNTED, tokens_per_second: 30, times: 1 });
  await ask(page, "Count until I stop you.");
  await answer(page)
    .getByText(/word3 word4/)
    .waitFor();
  expect(await textOf(page)).not.toContain("word120");
  await page.keyboard.press("Escape");
  await page.getByText("Stopped by you.").waitFor();
  const kept = await textOf(page);
  expect(kept).not.toContain("word120");
  expect(COUNTED.startsWith(kept)).toBe(true);
  await page.reload();
  await page.getByText("Stopped by you.").waitFor();
  expect(await textOf(page)).toBe(kept);
});

it("R09: goes on in mid-answer after a reload, and in a second tab, without losing or repeating a token", async () => {
  await newChat();
  await script({ text: COUNTED, tokens_per_second: 25, times: 1 });
  await ask(page, "Count slowly.");
  await answer(page).getByText(/word5/).waitFor();
  await page.waitForURL(/\?c=/);
  await page.reload();
  const second = await alice.context.newPage();
  await second.goto(page.url());
  for (const tab of [page, second]) {
    await answer(tab).getByText(/word5/).waitFor();
    expect(await textOf(tab)).not.toContain("word120");
    await stopButton(tab).waitFor();
  }
  for (const tab of [page, second]) {
    await answered(tab);
    await expect.poll(() => textOf(tab), { timeout: 20_000 }).toBe(COUNTED);
  }
  await second.close();
});

it("serves two tabs at once: each its own answer, and what one stops has stopped in the other", async () => {
  await newChat();
  const second = await alice.context.newPage();
  await second.goto(page.url());
  await second.getByRole("radio", { name: "Assistant" }).check({ force: true });
  await script({ text: COUNTED, tokens_per_second: 20, times: 1 });
  await ask(page, "Count in the first tab.");
  await answer(page).getByText(/word3/).waitFor();
  await script({ text: COUNTED.replaceAll("word", "name"), tokens_per_second: 30, times: 1 });
  await ask(second, "Count in the second tab.");
  await answer(second).getByText(/name3/).waitFor();
  expect(await textOf(page)).not.toContain("name");

  // the second tab looks at the first one's answer while its own goes on, and stops it
  await page.waitForURL(/\?c=/);
  const { pathname, search } = new URL(page.url());
  await second.locator(`nav a[href="${pathname + search}"]`).click();
  await answer(second).getByText(/word3/).waitFor();
  await stopButton(second).click();
  for (const tab of [page, second]) await tab.getByText("Stopped by you.").waitFor();
  expect(await textOf(second)).toBe(await textOf(page));
  await second.goBack();
  await answered(second);
  expect(await textOf(second)).toBe(COUNTED.replaceAll("word", "name"));
  await second.close();
});

it("finds its stream again after ten seconds offline, without losing or repeating a token", async () => {
  const network = await Network.to(API);
  const mobile = await launch([network.argument]);
  const { page: away, context, conscience } = await visit(mobile);
  conscience.expected = [/net::ERR_(INTERNET_DISCONNECTED|CONNECTION|EMPTY_RESPONSE|INCOMPLETE|NETWORK|SOCKET)/];
  await signIn(away, "Dave");
  await away.getByRole("radio", { name: "Assistant" }).check({ force: true });
  // still being written when the network is back
  await script({ text: COUNTED, tokens_per_second: 14, times: 1 });
  await ask(away, "Count while the network goes.");
  await answer(away).getByText(/word4/).waitFor();
  await context.setOffline(true);
  network.lose();
  await away.getByText("The connection was lost. Looking for it …").first().waitFor();
  const before = await textOf(away);
  await wait(AWAY_MS);
  expect(await textOf(away)).toBe(before);
  expect(before).not.toContain("word120");
  network.find();
  await context.setOffline(false);
  await answered(away);
  expect(await textOf(away)).toBe(COUNTED);
  await away.reload();
  await answered(away);
  expect(await textOf(away)).toBe(COUNTED);
  expect(conscience.found).toEqual([]);
  await mobile.close();
  network.close();
});

interface Seen {
  seen: string[];
}
