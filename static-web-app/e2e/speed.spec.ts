import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answer, ask, forgetScripts, launch, signIn, visit, WEB } from "./browser";
import { streamOf, tokensOf } from "./long-answer";
import { mainThreadIn, traced, trimmed, type MainThread } from "./trace";

/** Where measures are kept, a line of JSON each, and the traces they are from; nowhere without it. */
const MEASURES = process.env.NEXUS_E2E_MEASURES;
/** How many conversations Bob has (tests/e2e/test_web_app.py makes them). */
const CONVERSATIONS = Number(process.env.NEXUS_E2E_CONVERSATIONS);
/** Cores that others use make a frame late whoever draws it: here its CPU is bounded, what the clock says is told. */
const FRAME_MS = 50;
/** Scripts that come late may take half of a frame once; an answer that is parsed anew with each token takes it always. */
const HALF_FRAMES = 5;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  await forgetScripts();
});
afterAll(() => browser.close());

function keep(name: string, measure: object, trace: Buffer): void {
  console.warn(`${name}: ${JSON.stringify(measure)}`);
  if (!MEASURES) return;
  mkdirSync(MEASURES, { recursive: true });
  appendFileSync(`${MEASURES}/measures.jsonl`, `${JSON.stringify({ name, ...measure })}\n`);
  writeFileSync(`${MEASURES}/${name}.json.gz`, gzipSync(trimmed(trace), { level: 9 }));
}

/** In the page: times between frames, from now on. */
function watchFrames(page: Page): Promise<void> {
  return page.evaluate(() => {
    const frames: number[] = [];
    (window as unknown as Watched).frames = frames;
    let last = performance.now();
    const frame = (now: number) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

async function framesIn(page: Page) {
  const frames = await page.evaluate(() => (window as unknown as Watched).frames);
  return {
    frames: frames.length,
    longestFrame: Math.max(...frames),
    framesOver50: frames.filter((ms) => ms > 50).length,
  };
}

function hold(main: MainThread): void {
  expect(main.longestCpu ?? main.longest / 4).toBeLessThanOrEqual(FRAME_MS);
  expect(main.over25Cpu).toBeLessThanOrEqual(HALF_FRAMES);
}

interface Watched {
  frames: number[];
}

it("draws an answer of 5,000 tokens without holding a frame for 50 ms", async () => {
  const { page, context } = await visit(browser);
  // the API's own answers end at 2,000 tokens: this stream is made in the page
  await context.addInitScript(streamOf, { tokens: tokensOf(5_000), perSecond: 400 });
  await signIn(page, "Dave");
  await page.getByRole("radio", { name: "Assistant" }).check({ force: true });
  await watchFrames(page);
  const trace = await traced(browser, page, async () => {
    await ask(page, "Write at length.");
    await expect.poll(() => answer(page).textContent(), { timeout: 50_000 }).toContain("the very end");
  });
  const main = mainThreadIn(trace);
  keep("answer-of-5000-tokens", { ...(await framesIn(page)), ...main }, trace);
  hold(main);
  await context.close();
});

it("scrolls and searches a list of 5,000 conversations", async () => {
  const { page, context, conscience } = await visit(browser);
  await signIn(page, "Bob");
  const list = page.getByRole("navigation").getByRole("list", { name: "Your chats" });
  await page.goto(`${WEB}/chat`);
  await list.getByRole("link").first().waitFor();
  // since the page was asked for
  const listed = await page.evaluate(() => performance.now());
  await watchFrames(page);
  const trace = await traced(browser, page, async () => {
    await list.hover();
    await expect
      .poll(
        async () => {
          await page.mouse.wheel(0, 20_000);
          return list.getByRole("link", { name: "Conversation 1 of many", exact: true }).count();
        },
        { timeout: 50_000, interval: 50 },
      )
      .toBe(1);
    expect(await list.getByRole("link").count()).toBeLessThan(80);
    await page.getByRole("textbox", { name: "Search chats" }).pressSequentially("4711");
    await list.getByRole("link", { name: /^Conversation 4711 of many/ }).waitFor();
    await expect.poll(() => list.getByRole("link").count()).toBe(1);
  });
  const main = mainThreadIn(trace);
  keep(`list-of-${CONVERSATIONS}-conversations`, { listed, ...(await framesIn(page)), ...main }, trace);
  hold(main);
  expect(conscience.found).toEqual([]);
  await context.close();
});
