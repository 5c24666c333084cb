import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answer, answered, ask, forgetScripts, launch, script, signIn, visit, WEB } from "./browser";
import { look } from "./look";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  await forgetScripts();
});
afterAll(() => browser.close());

const LOOKS = [
  { name: "light", width: 1440, height: 900, dark: false },
  { name: "dark", width: 1440, height: 900, dark: true },
  { name: "phone", width: 390, height: 844, dark: true },
];

it.each(LOOKS)("every page of the chat, $name: no violation, nothing foreign, nothing refused", async (shape) => {
  const { page, context, conscience } = await visit(browser, shape);
  await page.goto(WEB);
  await page.getByRole("button", { name: /Microsoft/ }).waitFor();
  await look(page, `sign-in-${shape.name}`);
  await signIn(page, "Bob");
  await page.getByText("For example").waitFor();
  await look(page, `welcome-${shape.name}`);

  await ask(page, "How many weeks of paid parental leave does a birth parent get?");
  await answered(page);
  await page
    .getByRole("button", { name: /source/ })
    .last()
    .click();
  await answer(page)
    .getByRole("button", { name: /^Source 1:/ })
    .click();
  await page.getByRole("region", { name: "Source 1" }).waitFor();
  await look(page, `answer-${shape.name}`);
  await page.keyboard.press("Escape");
  await page.getByRole("region", { name: "Source 1" }).waitFor({ state: "detached" });

  const rich =
    "## Plan\n\n| Step | Who |\n|---|---|\n| one | Ada |\n\n```python\nprint('hello')\n```\n\nArea is $$\\pi r^2$$.\n\n- [x] done\n- [ ] open\n\n> quoted";
  await page.goto(`${WEB}/chat`);
  await page.getByRole("radio", { name: "Assistant" }).check({ force: true });
  await script({ text: rich, times: 1 });
  await ask(page, "Show me everything.");
  await answered(page);
  await page.locator(".katex").first().waitFor();
  await page.locator(".hljs-string, .hljs-built_in").first().waitFor();
  await look(page, `rich-${shape.name}`);

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await look(page, `palette-${shape.name}`);
  await page.keyboard.press("Escape");
  if (shape.width < 1024) {
    await page.getByRole("button", { name: "Open navigation" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "New chat" }).waitFor();
    await look(page, `navigation-${shape.name}`);
    await page.keyboard.press("Escape");
  }
  conscience.expected = [/404/];
  await page.goto(`${WEB}/nothing-here`);
  await page.getByText("There is nothing at this address").waitFor();
  await look(page, `not-found-${shape.name}`);
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("speaks German to who reads German", async () => {
  const { page, context } = await visit(browser, { locale: "de-DE" });
  await signIn(page, "Alice");
  await page.getByText("Was möchten Sie wissen?").waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
  await look(page, "welcome-german");
  await context.close();
});
