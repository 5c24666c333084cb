import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { answer, answered, ask, forgetScripts, launch, script, signIn, visit, WEB, type Visit } from "./browser";
import { HOSTILE } from "./hostile-markdown";

let browser: Browser;
let dave: Visit;
let page: Page;
let dialogs = 0;

beforeAll(async () => {
  browser = await launch();
  await forgetScripts();
  dave = await visit(browser);
  page = dave.page;
  page.on("dialog", (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    const found: string[] = [];
    (window as unknown as Watched).refused = found;
    document.addEventListener("securitypolicyviolation", (event) =>
      found.push(`${event.violatedDirective}: ${event.blockedURI}`),
    );
  });
  await signIn(page, "Dave");
});
afterAll(() => browser.close());
beforeEach(() => {
  dialogs = 0;
  dave.conscience.found.length = 0;
});

interface Watched {
  refused: string[];
}

const ELEMENTS =
  "img, image, picture, source, video, audio, script, style, link, meta, base, iframe, object, embed, form, input, " +
  "template, foreignObject, use, details";

/** What has become of the answers' texts. */
function drawn(tab: Page) {
  return tab.evaluate((elements) => {
    const answers = [...document.querySelectorAll(".answer")];
    const made = answers.flatMap((each) => [...each.querySelectorAll("*")]);
    const attributes = made.flatMap((each) => [...each.attributes]);
    const links = answers.flatMap((each) => [...each.querySelectorAll("a")]);
    return {
      elements: answers.flatMap((each) => [...each.querySelectorAll(elements)]).map((each) => each.outerHTML),
      attributes: attributes
        .filter(
          ({ name, value }) =>
            /^on|^(style|srcset|formaction|ping)$/i.test(name) ||
            /^\s*(javascript|data|vbscript|blob|file):/i.test(value),
        )
        .map(({ name, value }) => `${name}=${value}`),
      links: links.map((link) => ({ href: link.getAttribute("href"), rel: link.rel, target: link.target })),
      // what the page itself is made of must not be named anew
      names: made.filter((each) => each.id === "content" || each.classList.contains("fixed")).length,
      headings: document.querySelectorAll("h1").length,
      isTooWide: document.documentElement.scrollWidth > innerWidth,
    };
  }, ELEMENTS);
}

async function harmless(tab: Page): Promise<void> {
  const found = await drawn(tab);
  expect(found.elements).toEqual([]);
  expect(found.attributes).toEqual([]);
  for (const { href, rel, target } of found.links) {
    expect(href).toMatch(/^(https?:|mailto:)/);
    expect(rel).toContain("noopener");
    expect(target).toBe("_blank");
  }
  expect(found.names).toBe(0);
  expect(found.headings).toBe(1);
  expect(found.isTooWide).toBe(false);
  expect(await tab.evaluate(() => (window as unknown as Watched).refused)).toEqual([]);
  expect(dialogs).toBe(0);
  expect(dave.conscience.found).toEqual([]);
}

it.each(Object.entries(HOSTILE))("S16: %s reach nobody, run nothing and show as text", async (_, texts) => {
  await page.goto(`${WEB}/chat`);
  await page.getByRole("radio", { name: "Assistant" }).check({ force: true });
  await script({ text: texts.join("\n\n"), times: 1 });
  await ask(page, "Attack me.");
  await answered(page);
  // colours and formulas come a moment later than the text
  if (texts.some((text) => text.startsWith("$$"))) await page.locator(".katex").first().waitFor();
  if (texts.some((text) => text.startsWith("```html"))) await page.locator("[class^=hljs]").first().waitFor();
  await harmless(page);
  for (const link of await answer(page).locator("a").all()) await link.hover();
  // what is stored is drawn as what came
  await page.reload();
  await answered(page);
  await harmless(page);
});

it("S16: an answer from documents is no different, and its citations open nothing else", async () => {
  await page.goto(`${WEB}/chat`);
  await script({ text: [...(HOSTILE.DISGUISES ?? []), ...(HOSTILE.LINKS ?? [])].join("\n\n"), times: 1 });
  await ask(page, "How many days a week may I work from home?");
  await answered(page);
  await answer(page)
    .getByRole("button", { name: /^Source 1:/ })
    .first()
    .click();
  await page.getByRole("region", { name: "Source 1" }).waitFor();
  await harmless(page);
});

it("S16: a question and a title are text as well", async () => {
  const [raw = "", image = "", link = ""] = [HOSTILE.RAW_HTML?.[0], HOSTILE.IMAGES?.[0], HOSTILE.LINKS?.[0]];
  await page.goto(`${WEB}/chat`);
  await page.getByRole("radio", { name: "Assistant" }).check({ force: true });
  await script({ text: "Said.", times: 1 });
  await ask(page, [raw, image, link].join(" "));
  await answered(page);
  await page
    .getByRole("main")
    .getByRole("button", { name: /^More about/ })
    .click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Title" }).fill(raw);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: raw }).waitFor();
  await page.getByRole("navigation").getByRole("link", { name: raw }).first().waitFor();
  await page.reload();
  await page.getByRole("heading", { name: raw }).waitFor();
  await page.getByText(raw).first().waitFor();
  expect(await page.locator("main img, nav img").count()).toBe(0);
  await harmless(page);
});
