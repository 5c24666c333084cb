import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this by pytest tests/e2e/test_web_app.py`);
  return value;
}

export const WEB = given("NEXUS_E2E_WEB");
export const API = given("NEXUS_E2E_API");
const MODELS = given("NEXUS_E2E_MODELS");

/** `more` are arguments of Chromium's. */
export function launch(more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: given("NEXUS_E2E_CHROMIUM"),
    // none of these changes how pages are drawn; the last ones keep the browser from calling home
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}

/** What a page must never do: throw, break its CSP, or ask anybody but its own host and the API. */
export class Conscience {
  readonly found: string[] = [];
  /** Console errors that a test provokes, a refused request say. */
  expected: RegExp[] = [];

  constructor(context: BrowserContext) {
    const own = new Set([new URL(WEB).origin, new URL(API).origin]);
    context.on("weberror", (error) => this.found.push(`threw: ${error.error().stack ?? error.error().message}`));
    context.on("response", (reply) => {
      const told = `${reply.status()} ${reply.url()}`;
      if (reply.status() >= 400 && !this.expected.some((each) => each.test(told))) this.found.push(told);
    });
    context.on("console", (message) => {
      const text = message.text();
      // what was refused is told above, with its address
      if (text.startsWith("Failed to load resource: the server")) return;
      if (message.type() === "error" && !this.expected.some((each) => each.test(text)))
        this.found.push(`console: ${text}`);
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      const isOwn = own.has(url.origin) || ["blob:", "data:"].includes(url.protocol);
      // signing in is a page of Entra ID's, which is not ours to judge
      if (!isOwn && !request.isNavigationRequest()) this.found.push(`foreign request: ${request.url()}`);
    });
  }
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  conscience: Conscience;
}

interface Look {
  width?: number;
  height?: number;
  dark?: boolean;
  locale?: string;
}

export async function visit(
  browser: Browser,
  { width = 1440, height = 900, dark = false, locale = "en-US" }: Look = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    locale,
    reducedMotion: "reduce",
  });
  const conscience = new Conscience(context);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return { context, page, conscience };
}

/** By the sign-in page and a click on the account; ends where the person wanted to go. */
export async function signIn(page: Page, name: string, address = "/chat"): Promise<void> {
  await page.goto(WEB + address);
  await page.getByRole("button", { name: /Microsoft/ }).click();
  await page.getByRole("button", { name }).click();
  await page
    .getByRole("navigation")
    .or(page.getByRole("button", { name: /navigation/i }))
    .first()
    .waitFor();
}

/** Tells the model what to say or to suffer next (devstack/models/script.py). */
export async function script(given: Record<string, unknown>): Promise<void> {
  const reply = await fetch(`${MODELS}/_control/script`, { method: "POST", body: JSON.stringify(given) });
  if (!reply.ok) throw new Error(`script: ${await reply.text()}`);
}

/** What an earlier test left of its scripts. */
export async function forgetScripts(): Promise<void> {
  await fetch(`${MODELS}/_control/script`, { method: "DELETE" });
}

export function composer(page: Page) {
  return page.getByRole("textbox", { name: /^(Question|Frage)$/ });
}

export async function ask(page: Page, question: string): Promise<void> {
  await composer(page).fill(question);
  await composer(page).press("Enter");
}

/** The newest answer's text as it stands. */
export function answer(page: Page) {
  return page.locator(".answer").last();
}

export async function answered(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Copy answer" }).last().waitFor({ state: "attached" });
}
