import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answer, answered, ask, launch, signIn, visit, WEB } from "./browser";
import { look } from "./look";

const CONTRACT =
  "Framework agreement with Borealis Shipping\n\n" +
  "The notice period is 90 days to the end of a quarter.\n\n" +
  "Invoices are paid within 30 days of receipt.";
const MEGABYTE = 2 ** 20;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

async function create(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "New notebook" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
}

async function choose(page: Page, ...files: { name: string; text: string }[]): Promise<void> {
  const payload = files.map(({ name, text }) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) }));
  await page.locator('input[type="file"]').setInputFiles(payload);
}

/** As a file manager does it: over the page, then let go. */
async function drop(page: Page, ...files: { name: string; type: string; bytes: number }[]): Promise<void> {
  const data = await page.evaluateHandle((wanted) => {
    const transfer = new DataTransfer();
    for (const { name, type, bytes } of wanted) transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
    return transfer;
  }, files);
  await page.dispatchEvent("main", "dragenter", { dataTransfer: data });
  await page.getByText(/^Drop to add to/).waitFor();
  await page.dispatchEvent("main", "drop", { dataTransfer: data });
  await page.getByText(/^Drop to add to/).waitFor({ state: "detached" });
}

function line(page: Page, name: string) {
  return page.getByRole("listitem").filter({ hasText: name });
}

function ready(page: Page, name: string) {
  return line(page, name).getByText("Ready", { exact: true }).waitFor();
}

it("a notebook is made, filled, asked, pinned, renamed and deleted", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Bob", "/notebook");
  await page.getByText("No notebook yet").waitFor();
  await look(page, "notebooks-empty-light");
  await create(page, "Contracts");
  await page.getByText("What do you want to know about?").waitFor();
  await look(page, "notebook-new-light");

  await choose(page, { name: "Borealis_agreement.txt", text: CONTRACT }, { name: "Blank.txt", text: " \n" });
  await ready(page, "Borealis_agreement.txt");
  const blank = line(page, "Blank.txt");
  await blank.getByText("Could not be read").waitFor();
  await blank.getByText("The file holds no text.").waitFor();
  // it may be refused again before the page has shown that it is read
  const again = page.waitForResponse((reply) => reply.request().method() === "POST" && reply.url().endsWith("/retry"));
  await page.getByRole("button", { name: "Try “Blank.txt” again" }).click();
  expect((await again).ok()).toBe(true);
  await blank.getByText("Could not be read").waitFor();
  await page.getByRole("button", { name: "Delete “Blank.txt”" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await blank.waitFor({ state: "detached" });

  await page.getByText("From 1 file", { exact: true }).waitFor();
  await ask(page, "How long is the notice period of the agreement with Borealis Shipping?");
  await answered(page);
  await answer(page)
    .getByRole("button", { name: /^Source 1:/ })
    .click();
  const source = page.getByRole("region", { name: "Source 1" });
  await source.getByText("90 days").waitFor();
  expect(await source.getByRole("link").count()).toBe(0); // an uploaded file is nowhere in SharePoint
  await look(page, "notebook-source-light");
  await page.keyboard.press("Escape");
  await page.getByRole("complementary", { name: "Files" }).waitFor();

  await page.getByRole("button", { name: "Pin it to keep it" }).click();
  await page.getByText("This notebook stays until you delete it.").waitFor();
  await look(page, "notebook-asked-light");
  await page.reload();
  await page.getByText("This notebook stays until you delete it.").waitFor();
  await page.getByRole("button", { name: "Unpin" }).click();
  await page.getByText(/^This notebook goes in 2[34] hours/).waitFor();

  await page.getByRole("button", { name: "More about “Contracts”" }).last().click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Shipping contracts");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Shipping contracts", level: 1 }).waitFor();
  const address = page.url();
  await page.getByRole("main").getByRole("button", { name: "More about “Shipping contracts”" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("No notebook yet").waitFor();
  expect(conscience.found).toEqual([]);

  conscience.expected = [/404/];
  await page.goto(address);
  await page.getByText("This notebook is gone").waitFor();
  await look(page, "notebook-gone-light");
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("what would be refused is told before it is sent, and what did not get through can be sent again", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Alice", "/notebook");
  await create(page, "Limits");
  await page.getByText("Up to 50 MB each, 20 files in a notebook").first().waitFor();
  const sent: string[] = [];
  page.on(
    "request",
    (request) => request.url().endsWith("/upload") && request.method() === "POST" && sent.push(request.url()),
  );
  await drop(
    page,
    { name: "holiday.png", type: "image/png", bytes: 100 },
    { name: "huge.pdf", type: "application/pdf", bytes: 50 * MEGABYTE + 1 },
    { name: "empty.txt", type: "text/plain", bytes: 0 },
  );
  await line(page, "holiday.png").getByText("Files of this kind cannot be read.").waitFor();
  await line(page, "huge.pdf").getByText("The file is larger than 50 MB.").waitFor();
  await line(page, "empty.txt").getByText("There is no text in this file.").waitFor();
  expect(sent).toEqual([]);
  await look(page, "notebook-refused-light");
  await page.getByRole("button", { name: "Take “huge.pdf” off the list" }).click();
  await line(page, "huge.pdf").waitFor({ state: "detached" });

  conscience.expected = [/ERR_FAILED|415/];
  await page.route("**/upload", (route) => route.abort("failed"), { times: 1 });
  await choose(page, { name: "Agreement.txt", text: CONTRACT });
  await line(page, "Agreement.txt")
    .getByText(/^The upload did not get through/)
    .waitFor();
  await page.getByRole("button", { name: "Try “Agreement.txt” again" }).click();
  await ready(page, "Agreement.txt");
  // what only its content tells is the API's to refuse
  await drop(page, { name: "program.bin", type: "", bytes: 64 });
  await line(page, "program.bin").getByText("Not added").waitFor();
  await page.getByRole("button", { name: /^Copy correlation id/ }).waitFor();
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("the progress of an upload is shown, and it can be taken back", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Alice", "/notebook");
  await create(page, "Progress");
  const slow = await context.newCDPSession(page);
  await slow.send("Network.enable");
  await slow.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 400_000,
  });
  await drop(page, { name: "Large.txt", type: "text/plain", bytes: 4 * MEGABYTE });
  const bar = page.getByRole("progressbar", { name: "Large.txt" });
  const percent = async () => Number(await bar.getAttribute("aria-valuenow"));
  await expect.poll(percent, { timeout: 20_000 }).toBeGreaterThan(0);
  const first = await percent();
  await expect.poll(percent, { timeout: 20_000 }).toBeGreaterThan(first);
  await line(page, "Large.txt")
    .getByText(/^Sending, \d+%$/)
    .waitFor();
  await look(page, "notebook-sending-light", { inTheMidst: true });
  await page.getByRole("button", { name: "Cancel the upload of “Large.txt”" }).click();
  await line(page, "Large.txt").waitFor({ state: "detached" });
  expect(conscience.found).toEqual([]);
  await context.close();
});

it("the time that is left is counted down to the end", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Dave", "/notebook");
  await create(page, "Short-lived");
  await page.getByText("23 hours left").or(page.getByText("24 hours left")).waitFor();
  // as the API does it, within seconds
  let endsAt = 0;
  await page.route(/\/notebook\/sessions\/[^/]+$/, async (route) => {
    const reply = await route.fetch();
    const body = (await reply.json()) as { session: { seconds_left: number } };
    endsAt ||= Date.now() + 5_000;
    const left = Math.round((endsAt - Date.now()) / 1_000);
    body.session.seconds_left = left;
    const gone = { status: 404, contentType: "application/problem+json", body: JSON.stringify({ code: "not_found" }) };
    await route.fulfill(
      left > 0 ? { response: reply, json: body } : { ...gone, headers: { "Access-Control-Allow-Origin": WEB } },
    );
  });
  conscience.expected = [/404/];
  await page.reload();
  await page.getByText(/^[1-5] seconds? left$/).waitFor();
  await page.getByText("This notebook is gone").waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  expect(conscience.found).toEqual([]);
  await context.close();
});

const LOOKS = [
  { name: "dark", width: 1440, height: 900, dark: true, locale: "en-US" },
  { name: "phone", width: 390, height: 844, dark: false, locale: "en-US" },
  { name: "german", width: 1100, height: 800, dark: false, locale: "de-DE" },
];

it.each(LOOKS)("every page of notebooks, $name: no violation, nothing foreign", async (shape) => {
  const { page, context, conscience } = await visit(browser, shape);
  const isGerman = shape.locale === "de-DE";
  await signIn(page, "Carol", "/notebook");
  conscience.found.length = 0; // of the way in, which other tests judge
  await page.getByRole("button", { name: isGerman ? "Neues Notizbuch" : "New notebook" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(`Contracts, ${shape.name}`);
  await look(page, `notebook-naming-${shape.name}`);
  await page.getByRole("button", { name: isGerman ? "Anlegen" : "Create" }).click();
  await page.getByRole("heading", { name: `Contracts, ${shape.name}`, level: 1 }).waitFor();
  await look(page, `notebook-new-${shape.name}`);
  await choose(page, { name: "Borealis_agreement.txt", text: CONTRACT }, { name: "Blank.txt", text: " \n" });
  // where there is no room beside the chat, the files show themselves when some are added
  await line(page, "Blank.txt")
    .getByText(isGerman ? "Ließ sich nicht lesen" : "Could not be read")
    .waitFor();
  await look(page, `notebook-files-${shape.name}`);
  if (shape.width < 1024) {
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Show 2 files" }).waitFor();
    await look(page, `notebook-ready-${shape.name}`);
  }
  await page.goto(`${WEB}/notebook`);
  await page
    .getByRole("link", { name: `Contracts, ${shape.name}` })
    .last()
    .waitFor();
  await look(page, `notebooks-${shape.name}`);
  expect(conscience.found).toEqual([]);
  await context.close();
});
