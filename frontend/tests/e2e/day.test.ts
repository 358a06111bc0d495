/** An owner's first day, in a real browser against the real platform: nothing here is mocked. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, DESK, launch, shoot, watched, type Watch } from "../support/browser";
import { startOnebox, type Onebox } from "./onebox";

const SOON = 30_000;

let onebox: Onebox;
let browser: Browser;
let page: Page;
let watch: Watch;

beforeAll(async () => {
  [onebox, browser] = await Promise.all([startOnebox(), launch()]);
  const context = await browser.newContext({ viewport: DESK });
  ({ page, watch } = await watched(context, onebox.origin));
  page.setDefaultTimeout(SOON);
});

afterAll(async () => {
  await browser?.close();
  await onebox?.stop();
});

test("a new owner signs up and is asked to open an account", async () => {
  await page.goto(onebox.origin);
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").fill("owner@example.org");
  await page.getByLabel("Password").fill("a long enough secret");
  await shoot(page, "day-1-sign-up");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("Start with a paper account").waitFor();
  await page.getByText("Live", { exact: true }).first().waitFor();
});

test("a paper account on the simulated market is opened", async () => {
  await page.getByRole("link", { name: "Open a paper account" }).click();
  await page.getByRole("button", { name: "Open a paper account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Practice");
  await dialog.getByLabel("Speed").fill("60");
  await dialog.getByRole("button", { name: "Open account" }).click();
  await page.getByRole("region", { name: "Balances of Practice" }).waitFor();
  await page.getByText("SIMULATED").first().waitFor();
  await shoot(page, "day-2-account");
});

test("a grid is planned over the chart, created and started", async () => {
  await page.getByRole("link", { name: "New bot here" }).click();
  await page.getByRole("radio", { name: /^Grid/ }).check({ force: true });
  await page.getByLabel("Market", { exact: true }).selectOption("BTC/USDT");
  const price = await lastClose(page);
  await field("Low").fill(String(Math.floor(price * 0.98)));
  await field("High").fill(String(Math.ceil(price * 1.02)));
  await page.getByRole("textbox", { name: "Cells" }).fill("20");
  await page.getByRole("textbox", { name: "Investment" }).fill("5000");
  await page.getByText("Funds needed").waitFor();
  await page.getByRole("region", { name: "Orders this bot would place first" }).getByRole("row").nth(15).waitFor();
  await shoot(page, "day-3-plan");
  await page.getByRole("button", { name: "Start on paper" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start now" }).click();
  await page.waitForURL(/\/bots\/\?id=/);
});

test("orders and fills arrive without a reload", async () => {
  await page.evaluate(() => ((globalThis as { neverReloaded?: boolean }).neverReloaded = true));
  await page.getByText("Active", { exact: true }).first().waitFor();
  await page.getByRole("region", { name: "Resting orders" }).getByRole("row").nth(15).waitFor();
  await page.getByRole("tab", { name: /Fills/ }).click();
  const fills = page.getByRole("region", { name: "Fills" }).getByRole("row");
  await fills.nth(1).waitFor();
  const before = await fills.count();
  await expect.poll(() => fills.count(), { timeout: 90_000, interval: 500 }).toBeGreaterThan(before);
  expect(await page.evaluate(() => (globalThis as { neverReloaded?: boolean }).neverReloaded)).toBe(true);
  await shoot(page, "day-4-fills");
  expect(await axe(page)).toEqual([]);
});

test("a webhook is made and tried, and panic freezes what runs", async () => {
  await page.getByRole("link", { name: "Webhooks", exact: true }).first().click();
  await page.getByRole("button", { name: "New webhook" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox", { name: /Grid BTC/ }).check();
  await dialog.getByRole("button", { name: "Create the webhook" }).click();
  await dialog.getByRole("link", { name: "Message builder" }).click();
  await page.getByRole("button", { name: "Dry run: what would this do?" }).click();
  await page.getByText("Dry run", { exact: true }).first().waitFor();
  await shoot(page, "day-5-webhook");
  await page.getByRole("link", { name: "Overview" }).first().click();
  await page.getByRole("button", { name: "Panic" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop everything" }).click();
  await page.getByText("Paused", { exact: true }).first().waitFor();
  await page.getByRole("link", { name: /Grid BTC/ }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("Active", { exact: true }).first().waitFor();
});

test("a backtest of the same market is run and read", async () => {
  const bot = page.url();
  await page.getByRole("link", { name: "New bot", exact: true }).first().click();
  await page.getByRole("button", { name: /Suggest a range/ }).click();
  await page.getByRole("textbox", { name: "Cells" }).fill("20");
  await page.getByRole("textbox", { name: "Investment" }).fill("1000");
  await page.getByRole("button", { name: "Backtest", exact: true }).click();
  await page.getByRole("dialog").getByLabel("How far back").selectOption("1");
  await page.getByRole("dialog").getByRole("button", { name: "Run the backtest" }).click();
  await page.getByText("Done", { exact: true }).first().waitFor({ timeout: 60_000 });
  await page.getByRole("table", { name: "Profit and loss split" }).waitFor();
  await shoot(page, "day-6-backtest");
  await page.goto(bot);
});

test("stopping says what happens to the money, and the bot ends", async () => {
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Sell everything at market").click();
  await shoot(page, "day-7-stop");
  await dialog.getByRole("button", { name: "Stop the bot" }).click();
  await page.getByText("Stopped", { exact: true }).first().waitFor();
  await page.getByRole("tab", { name: "Resting orders" }).click();
  await page.getByText("No resting orders.").waitFor();
  await shoot(page, "day-8-stopped");
});

test("the page complained about nothing and stayed at home", () => {
  expect(watch.errors).toEqual([]);
  expect(watch.outside.filter((url) => !url.startsWith(onebox.origin.replace("http", "ws")))).toEqual([]);
});

/** A field of the strategy's form by its exact name. */
function field(name: string) {
  return page.getByRole("textbox", { name, exact: true });
}

/** The newest close, read from the chart's table: the way of those who cannot see the chart. */
async function lastClose(from: Page): Promise<number> {
  await from.getByText("Last candles as a table").click();
  const close = await from.getByRole("region", { name: "Last candles as a table" }).locator("tbody tr").first().locator("td").nth(3).innerText();
  return Number(close.replace(/,/g, ""));
}
