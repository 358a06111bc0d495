/** Every screen, in both themes, on a desk and in a hand: axe clean, nothing in the console, nothing outside the origin. */
import type { Server } from "node:http";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aBot } from "../support/samples";
import { axe, DESK, launch, PHONE, shoot, still, watched } from "../support/browser";
import { firstLoad } from "../../scripts/first-load.mjs";
import { aWorld, enter, serveOut, type World } from "./fixtures";

const SCREENS = {
  overview: { path: "/", ready: "Your bots" },
  bots: { path: "/bots/", ready: "Dip hunter" },
  bot: { path: "/bots/?id=bot_1", ready: "Sleeps until" },
  "new-bot": { path: "/bots/new/", ready: "Start on paper" },
  backtests: { path: "/backtests/", ready: "SIMULATED prices" },
  backtest: { path: "/backtests/?id=bt_1", ready: "Create a bot from this" },
  "backtest-compare": { path: "/backtests/?id=bt_3", ready: "3 runs compared" },
  search: { path: "/backtests/?search=op_1", ready: "Where the good settings lie" },
  webhooks: { path: "/webhooks/", ready: "TradingView" },
  webhook: { path: "/webhooks/?id=wh_1", ready: "Message builder" },
  accounts: { path: "/accounts/", ready: "Practice" },
  exports: { path: "/exports/", ready: "Gains of a year" },
  notifications: { path: "/notifications/", ready: "Quiet hours" },
  settings: { path: "/settings/", ready: "Colour|colours" },
} as const;
const BUDGET = 185_000;
const ALL_OF_IT = 200_000;

let browser: Browser;
let server: Server;
let origin: string;

beforeAll(async () => {
  [browser, { origin, server }] = await Promise.all([launch(), serveOut()]);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function open(world: World, path: string, { viewport = DESK, theme = "dark" } = {}) {
  const context = await browser.newContext({ viewport, timezoneId: "Europe/Berlin", reducedMotion: "reduce" });
  await context.addInitScript((wanted) => localStorage.setItem("settings", JSON.stringify({ theme: wanted })), theme);
  const { page, watch } = await watched(context, origin);
  await enter(context, page, origin, world);
  await page.goto(origin + path);
  return { context, page, watch };
}

describe.each(["dark", "light"])("in the %s theme", (theme) => {
  describe.each([
    ["desk", DESK],
    ["phone", PHONE],
  ] as const)("on a %s", (device, viewport) => {
    test.each(Object.entries(SCREENS))("%s is complete and clean", async (name, { path, ready }) => {
      const { context, page, watch } = await open(aWorld(), path, { viewport, theme });
      await page.getByText(new RegExp(ready)).first().waitFor();
      await page.waitForTimeout(700);
      await still(page);
      await shoot(page, `${name}-${device}-${theme}`);
      expect(await axe(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect(watch.errors).toEqual([]);
      expect(watch.outside.filter((url) => !url.startsWith("ws"))).toEqual([]);
      await context.close();
    });
  });
});

test("an empty desk says what to do first", async () => {
  const { context, page } = await open(aWorld({ bots: [], accounts: [] }), "/");
  await page.getByText("Start with a paper account").waitFor();
  await shoot(page, "overview-empty");
  expect(await axe(page)).toEqual([]);
  await context.close();
});

test("a failing server is said, and can be tried again", async () => {
  const world = aWorld({ fail: /^\/bots$/ });
  const { context, page } = await open(world, "/bots/");
  await page.getByRole("alert").getByText("The server had a problem").waitFor({ timeout: 20_000 });
  world.fail = undefined;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Dip hunter").waitFor();
  await context.close();
});

test("a live message moves the screen without a request for the bot", async () => {
  const world = aWorld();
  const { context, page } = await open(world, "/bots/?id=bot_1");
  await page.getByText("Active", { exact: true }).waitFor();
  await page.getByText("Live", { exact: true }).first().waitFor();
  let asked = 0;
  page.on("request", (request) => (asked += request.url().endsWith("/bots/bot_1") ? 1 : 0));
  const bot = aBot({ status: "stopping", reason: "user", revision: 8 });
  world.say?.({ v: 1, type: "bot", botId: "bot_1", revision: 8, at: bot.updated_at, data: { bot, orders: [] } });
  await page.getByText("Stopping", { exact: true }).waitFor();
  await page.getByText("No resting orders.").waitFor();
  expect(asked).toBe(0);
  await context.close();
});

test("five hundred bots are in the table, but only those in view are in the document", async () => {
  const bots = Array.from({ length: 500 }, (_, index) => aBot({ id: `bot_${index}`, name: `Bot ${index}` }));
  const { context, page } = await open(aWorld({ bots }), "/bots/");
  const table = page.getByRole("region", { name: "Your bots" });
  await table.getByText("Bot 0", { exact: true }).waitFor();
  // The first sixty stand in until the code for the rest is there.
  await expect.poll(() => table.locator("tbody tr").count()).toBeLessThan(60);
  expect(await table.locator("table").getAttribute("aria-rowcount")).toBe("501");
  await context.close();
});

test("the stop dialog keeps the keyboard, says the consequences and can be left", async () => {
  const { context, page } = await open(aWorld(), "/bots/?id=bot_1");
  await page.getByRole("button", { name: "Stop", exact: true }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Stop Grid BTC" });
  await dialog.getByText("You pay the taker fee and the spread; the result is final.").waitFor();
  await shoot(page, "bot-stop-dialog");
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Stop");
  await context.close();
});

test("the form says what is wrong at its field and previews what is right", async () => {
  const { context, page, watch } = await open(aWorld(), "/bots/new/");
  const field = (name: string) => page.getByRole("textbox", { name, exact: true });
  await field("Low").fill("60000");
  await field("High").fill("70000");
  await field("Cells").fill("1");
  await field("Investment").fill("5,000");
  await page.getByText("Between 2 and 500").waitFor();
  const asked = page.waitForRequest((request) => request.url().endsWith("/bots/preview"));
  await field("Cells").fill("10");
  expect((await asked).postDataJSON()).toMatchObject({ strategy: "GRID", config: { low: "60000", high: "70000", cells: 10, investment: "5000" } });
  await page.getByText("Funds needed").waitFor();
  await page.waitForTimeout(700);
  await still(page);
  await shoot(page, "new-bot-preview");
  expect(await axe(page)).toEqual([]);
  expect(watch.errors).toEqual([]);
  await context.close();
});

test("figures are the market's of now, and say how old they are", async () => {
  const { context, page } = await open(aWorld(), "/bots/");
  const row = page.getByRole("region", { name: "Your bots" }).getByRole("row", { name: /Grid BTC/ });
  await row.getByText("+28.47").waitFor();
  await row.getByText(/^market, .* ago$/).waitFor();
  await context.close();
});

test("an edit of a running bot says when each change takes effect before it is sent", async () => {
  const { context, page, watch } = await open(aWorld(), "/bots/?id=bot_1");
  await page.getByRole("button", { name: "More for Grid BTC" }).click();
  await page.getByRole("menuitem", { name: "Change settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Settings of Grid BTC" });
  await dialog.getByRole("textbox", { name: "Cells", exact: true }).fill("12");
  const asked = page.waitForRequest((request) => request.url().endsWith("/edit"));
  await dialog.getByRole("button", { name: "What would change?" }).click();
  expect((await asked).postDataJSON()).toMatchObject({ config: { cells: 12 }, check_only: true });
  await dialog.getByText("with new orders").waitFor();
  await shoot(page, "bot-edit");
  expect(await axe(page)).toEqual([]);
  const sent = page.waitForRequest((request) => request.url().endsWith("/edit"));
  await dialog.getByRole("button", { name: "Save the changes" }).click();
  expect((await sent).postDataJSON()).toMatchObject({ config: { cells: 12 }, check_only: false });
  await dialog.waitFor({ state: "detached" });
  expect(watch.errors).toEqual([]);
  await context.close();
});

test("a DCA bot's deals are listed", async () => {
  const { context, page } = await open(aWorld({ bots: [aBot({ strategy: "DCA", deals: 2 })] }), "/bots/?id=bot_1");
  await page.getByRole("tab", { name: /Deals/ }).click();
  await page.getByRole("region", { name: "Deals" }).getByText("Take profit reached").waitFor();
  await page.getByRole("button", { name: "Close the deal" }).click();
  await shoot(page, "bot-deals");
  expect(await axe(page)).toEqual([]);
  await context.close();
});

test("a preset fills the form, and a search varies its numbers", async () => {
  const { context, page } = await open(aWorld(), "/bots/new/");
  await page.getByRole("button", { name: "Tight grid", exact: true }).click();
  await page.getByText("Funds needed").waitFor();
  expect(await page.getByRole("textbox", { name: "Cells", exact: true }).inputValue()).toBe("20");
  await page.getByRole("button", { name: "Backtest", exact: true }).click();
  await page.getByRole("tab", { name: "Search for better settings" }).click();
  await shoot(page, "search-dialog");
  expect(await axe(page)).toEqual([]);
  const sent = page.waitForRequest((request) => request.url().endsWith("/optimisations") && request.method() === "POST");
  await page.getByRole("button", { name: "Start the search" }).click();
  const body = (await sent).postDataJSON() as { strategy: string; space: unknown[] };
  expect(body.strategy).toBe("GRID");
  expect(body.space[0]).toMatchObject({ field: "cells", low: "10", high: "30", whole: true });
  await context.close();
});

test("a few letters after Ctrl K lead to a bot", async () => {
  const { context, page } = await open(aWorld(), "/");
  await page.getByText("Your bots").first().waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "A place or a bot" }).fill("dip eth");
  await page.getByRole("option", { name: /Dip hunter/ }).waitFor();
  await shoot(page, "palette");
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/bots\/\?id=bot_2/);
  await context.close();
});

test("panic says what each way does, and selling everything asks for a word", async () => {
  const { context, page } = await open(aWorld(), "/");
  await page.getByRole("button", { name: "Panic" }).click();
  const dialog = page.getByRole("dialog", { name: "Stop everything" });
  await dialog.getByText("Sell everything", { exact: true }).click();
  const confirm = dialog.getByRole("button", { name: "Stop everything" });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel("Type SELL to confirm").fill("sell");
  await shoot(page, "panic");
  expect(await axe(page)).toEqual([]);
  const sent = page.waitForRequest((request) => request.url().endsWith("/api/v1/panic"));
  await confirm.click();
  expect((await sent).postDataJSON()).toEqual({ mode: "flatten" });
  await context.close();
});

test("the bots screen's JavaScript stays within its budget, and so does all that follows it: the table and the live feed", async () => {
  expect(firstLoad("bots/").reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(BUDGET);
  const context = await browser.newContext({ viewport: DESK });
  const { page } = await watched(context, origin);
  await enter(context, page, origin, aWorld());
  const loaded: Promise<number>[] = [];
  page.on("response", (answer) => {
    if (answer.url().endsWith(".js")) loaded.push(answer.body().then((body) => gzipSync(body, { level: 9 }).length));
  });
  await page.goto(`${origin}/bots/`);
  await page.getByText("Dip hunter").waitFor();
  await page.getByText("Live", { exact: true }).first().waitFor();
  await page.waitForLoadState("networkidle");
  expect((await Promise.all(loaded)).reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(ALL_OF_IT);
  await context.close();
});
