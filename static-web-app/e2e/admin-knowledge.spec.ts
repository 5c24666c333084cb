import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch, signIn, visit, WEB } from "./browser";
import { look, LOOKS } from "./look";

/** Where one acts as a SharePoint user (devstack/graph/control.py). */
const GRAPH = process.env.NEXUS_E2E_GRAPH;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** A SharePoint library with two files that Nexus reads, one of them in a folder, and two that it does not. */
async function newLibrary(name: string): Promise<string> {
  const made = await asked("POST", "/_control/libraries", JSON.stringify({ name }));
  const files = {
    "Canteen.md": "# Canteen\n\nThe canteen serves lunch from 11:30 to 14:00 on working days.",
    "Secret/Plans.md": "# Plans\n\nThe canteen moves to the fourth floor.",
    "Clip.mp4": "not read",
    "Empty.txt": "",
  };
  for (const [path, text] of Object.entries(files))
    await asked("PUT", `/_control/libraries/${name}/files/${path}`, text);
  return (made as { library_url: string }).library_url;
}

async function asked(method: string, path: string, body: string): Promise<unknown> {
  if (!GRAPH) throw new Error("NEXUS_E2E_GRAPH is not set: run this by pytest tests/e2e/test_web_app.py");
  const reply = await fetch(GRAPH + path, { method, body });
  if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
  return reply.json();
}

/** A number of the line of numbers. */
function count(page: Page, label: string) {
  return page
    .locator("dl > div")
    .filter({ has: page.getByText(label, { exact: true }) })
    .locator("dd")
    .first();
}

it("takes a library in, watches its first sync, and says why files are not found", async () => {
  const name = `Canteen-${Date.now() % 1_000_000}`;
  const url = await newLibrary(name);
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/libraries");
  await page.getByRole("link", { name: "Add library" }).first().click();

  const address = page.getByLabel("Address of the library");
  await address.fill("https://contoso.sharepoint.com/sites/nowhere/Nothing");
  await page.getByRole("button", { name: "Check the address" }).click();
  await page.getByText("Nexus cannot read this library yet.").waitFor();
  expect(await page.getByRole("button", { name: "Add library" }).isDisabled()).toBe(true);
  await address.fill(url);
  await page.getByRole("button", { name: "Check the address" }).click();
  await page.getByText("Nexus can read this library.").waitFor();
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByLabel("Folder of rule 1").fill("Secret");
  await page.getByLabel("Department of rule 1").selectOption({ label: "HR" });
  await page.getByRole("button", { name: "Add library" }).click();

  await page.getByRole("heading", { level: 1, name }).waitFor();
  await page.getByText("Complete", { exact: true }).first().waitFor();
  await expect.poll(() => count(page, "New").textContent(), { timeout: 30_000 }).toBe("2"); // indexed anew
  expect(await count(page, "Skipped").textContent()).toBe("2");
  expect(await page.getByLabel("Folder of rule 1").inputValue()).toBe("Secret");
  await look(page, "admin-library-first-sync");

  await page.getByRole("link", { name: "Without text" }).click();
  await page.getByRole("button", { name: "Empty.txt" }).click();
  await page.getByRole("dialog").getByText("The file is empty.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(new URL(page.url()).searchParams.get("reason")).toBe("empty");

  await page.goto(`${WEB}/admin/documents/explain`);
  await page.getByRole("combobox", { name: "Document" }).fill(`Plans.md`);
  await page.getByRole("option", { name: new RegExp(name) }).click();
  await page.getByRole("combobox", { name: "Person" }).selectOption({ label: "Somebody else" });
  await page.getByRole("combobox", { name: "Somebody else" }).fill("Bob");
  await page.getByRole("option", { name: /Bob/ }).click();
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByRole("heading", { name: "The person may not read it" }).waitFor();
  await page
    .getByText(/The document is for everyone in HR/)
    .first()
    .waitFor();
  await look(page, "admin-explanation-refused");

  conscience.expected = [/404/]; // it is asked for until it is gone
  // taken out again, so that the other specs find the corpus as it was
  await page.goto(`${WEB}/admin/libraries?q=${name}`);
  await page.getByRole("link", { name }).click();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Remove from Nexus" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove from Nexus" }).click();
  await page.getByText(/This library is not there any more/).waitFor({ timeout: 30_000 });
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("switches a document off and on, and keeps its filters in the address", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Ada Min", "/admin/documents?q=Handbook");
  await page.getByRole("button", { name: "Employee_Handbook_2026.pdf" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Switch off" }).click();
  await page
    .getByRole("dialog", { name: "Switch this document off?" })
    .getByRole("button", { name: "Switch off" })
    .click();
  await page.getByText("The document is switched off.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Switch on" }).click();
  await page.getByText("The document is switched on.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Indexed/ }).click();
  await expect.poll(() => page.url()).toBe(`${WEB}/admin/documents?q=Handbook&status=indexed`);
  await page.keyboard.press("j");
  expect(await page.locator("[data-row]:focus").textContent()).toBe("Employee_Handbook_2026.pdf");
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("shows each role its own menu, and closes the rest", async () => {
  const carol = await visit(browser);
  await signIn(carol.page, "Carol", "/admin");
  await carol.page.getByRole("link", { name: "Libraries" }).waitFor();
  expect(await carol.page.getByRole("link", { name: "Search index" }).count()).toBe(0);
  await carol.page.goto(`${WEB}/admin/search-index`);
  await carol.page.getByText("Your role does not open this page").waitFor();
  // her own department and country, and nothing else, is hers to give
  await carol.page.goto(`${WEB}/admin/libraries/new`);
  await carol.page.getByRole("option", { name: "HR" }).waitFor({ state: "attached" });
  expect(await carol.page.getByLabel("Department").locator("option").allTextContents()).toEqual(["HR"]);
  // who else there is, is not hers to know; the page says what she can ask
  await carol.page.goto(`${WEB}/admin/documents/explain`);
  const person = carol.page.getByRole("combobox", { name: "Person" });
  await person.waitFor();
  expect(await person.locator("option").allTextContents()).toEqual(["Whoever may read it", "Myself"]);
  await carol.page.getByText(/^You can ask for whoever may read it, or as yourself/).waitFor();
  await look(carol.page, "admin-explain-content-manager");
  expect(carol.conscience.found).toEqual([]);
  await carol.context.close();

  const bob = await visit(browser);
  await signIn(bob.page, "Bob", "/admin/libraries");
  await bob.page.getByText("Your role does not open this page").waitFor();
  expect(await bob.page.getByRole("link", { name: "Administration" }).count()).toBe(0);
  await look(bob.page, "not-allowed");
  expect(bob.conscience.found).toEqual([]);
  await bob.context.close();
});

it.each(LOOKS)("every page of knowledge, $name: no violation", async (shape) => {
  const { page, context, conscience } = await visit(browser, shape);
  await signIn(page, "Ada Min", "/admin");
  const settled = () => page.locator("main").locator("table, form, section, h2").first().waitFor();
  for (const [name, address] of [
    ["overview", "/admin"],
    ["libraries", "/admin/libraries"],
    ["new-library", "/admin/libraries/new"],
    ["documents", "/admin/documents"],
    ["explain", "/admin/documents/explain"],
    ["search-index", "/admin/search-index"],
  ] as const) {
    await page.goto(WEB + address);
    await settled();
    await look(page, `admin-${name}-${shape.name}`);
  }
  await page.goto(`${WEB}/admin/libraries`);
  await page.locator("[data-row]").first().click();
  await page.locator("dl").first().waitFor();
  await look(page, `admin-library-${shape.name}`);
  await page.goto(`${WEB}/admin/documents`);
  await page.locator("[data-row]").first().click();
  await page.getByRole("dialog").locator("dl").waitFor();
  await look(page, `admin-document-${shape.name}`);
  await page
    .getByRole("dialog")
    .getByRole("link", { name: /(Why|Warum)/ })
    .click();
  await page.getByRole("button", { name: /^(Explain|Erklären)$/ }).click();
  await page.getByRole("heading", { name: /^(It is found|Es wird gefunden)$/ }).waitFor();
  await look(page, `admin-explanation-${shape.name}`);
  expect(conscience.found).toEqual([]);
  await context.close();
});
