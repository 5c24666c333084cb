import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answer, answered, composer, launch, visit, WEB } from "./browser";

/** Each role does something whole without a pointer; wherever the keyboard stands, one sees it. */
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Goes there by Tab alone. */
async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await target.waitFor();
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
    const stop = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const { width, height } = at.getBoundingClientRect();
      const hasRing = (element: Element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle !== "none" && outlineWidth !== "0px";
      };
      // a choice shows it on its label, a text field with a frame of its own (the composer) there
      const frame = at.matches("textarea") ? at.closest("form") : null;
      frame?.getAnimations().forEach((animation) => animation.finish());
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.color = "var(--accent)";
      const accent = getComputedStyle(probe).color;
      probe.remove();
      const isSeen =
        [at, at.closest("label")].some((each) => each !== null && hasRing(each)) ||
        (frame !== null && getComputedStyle(frame).borderTopColor === accent);
      const name = at.getAttribute("aria-label") ?? at.closest("label")?.textContent ?? at.textContent.slice(0, 40);
      return { name: `${at.tagName} ${name}`, isSeen, area: width * height };
    });
    if (!stop) continue; // the browser's own controls
    passed.push(stop.name);
    expect(stop.isSeen, `nothing shows that “${stop.name}” has the focus`).toBe(true);
    expect(stop.area, `“${stop.name}” has the focus, but no place`).toBeGreaterThan(0);
  }
  throw new Error(`not reached by ${key}: ${passed.join(" | ")}`);
}

/** To the account and back without a click. */
async function signInByKeyboard(page: Page, name: string, address: string): Promise<void> {
  await page.goto(WEB + address);
  await tabTo(page, page.getByRole("button", { name: /Microsoft/ }));
  await page.keyboard.press("Enter");
  const account = page.getByRole("button", { name });
  await account.waitFor();
  await account.focus(); // Entra ID's page is not ours to judge
  await page.keyboard.press("Enter");
  await page.getByRole("navigation").first().waitFor();
}

it("a user skips to the page, asks, opens a citation, and comes back to it", async () => {
  const { page, context, conscience } = await visit(browser);
  await signInByKeyboard(page, "Bob", "/chat");
  await composer(page).waitFor();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await tabTo(page, page.getByRole("link", { name: "Skip to content" }));
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.closest("main") !== null)).toBe(true);
  await tabTo(page, composer(page));
  await page.keyboard.type("How many weeks of paid parental leave does a birth parent get?");
  await page.keyboard.press("Enter");
  await answered(page);
  const citation = answer(page)
    .getByRole("button", { name: /^Source 1:/ })
    .first();
  await tabTo(page, citation, "Shift+Tab");
  await page.keyboard.press("Enter");
  const source = page.getByRole("region", { name: "Source 1" });
  await tabTo(page, source.getByRole("link", { name: "Open in SharePoint" }));
  await page.keyboard.press("Escape");
  await source.waitFor({ state: "detached" });
  await expect.poll(() => citation.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("a content manager finds the prompts by the palette, and writes a version", async () => {
  const { page, context, conscience } = await visit(browser);
  await signInByKeyboard(page, "Carol", "/chat");
  await composer(page).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("Prompts");
  await page.getByRole("option", { name: /Prompts/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Prompts" }).waitFor();
  const tab = page.getByRole("tab", { name: "Documents" });
  await tabTo(page, tab);
  await page.keyboard.press("ArrowRight");
  await page.getByRole("tab", { name: "Assistant", selected: true }).waitFor();
  await page.getByRole("link", { name: "The product’s own prompt" }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("link", { name: "Write a new version from it" }));
  await page.keyboard.press("Enter");
  const text = page.getByRole("textbox", { name: "Prompt" });
  await tabTo(page, text);
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" Be brief.");
  await tabTo(page, page.getByRole("link", { name: "Cancel" }).or(page.getByRole("button", { name: "Cancel" })));
  await page.keyboard.press("Enter");
  await text.waitFor({ state: "detached" });
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("an administrator goes to a person by the menu; a dialog keeps the focus, and gives it back", async () => {
  const { page, context, conscience } = await visit(browser);
  await signInByKeyboard(page, "Ada Min", "/admin");
  await tabTo(page, page.getByRole("navigation").getByRole("link", { name: "Users" }));
  await page.keyboard.press("Enter");
  const person = page.getByRole("button", { name: "Alice Weber", exact: true });
  await tabTo(page, page.getByRole("textbox", { name: "Search by name or address" }));
  await page.keyboard.type("alice");
  await page.waitForURL(/q=alice/);
  await tabTo(page, person);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Change Alice/ });
  await tabTo(page, dialog.getByRole("radio", { checked: true }));
  await page.keyboard.press("ArrowDown");
  await dialog.getByRole("radio", { name: "Content manager", checked: true }).waitFor();
  // round and round, and never behind it
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press("Tab");
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => person.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(conscience.found).toEqual([]);
  await context.close();
});
