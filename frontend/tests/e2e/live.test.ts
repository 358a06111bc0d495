/** An owner with real keys: the platform as it is, the test venue as its exchange, and everything one does with a bot that trades for real. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, DESK, launch, PHONE, shoot, watched, type Watch } from "../support/browser";
import { startOnebox, type Onebox } from "./onebox";
import { goTo, lastClose, plan, signUp } from "./steps";
import { startVenue, type Venue } from "./venue";

const SOON = 90_000;

let venue: Venue;
let onebox: Onebox;
let browser: Browser;
let page: Page;
let watch: Watch;
let bot: string;

beforeAll(async () => {
  venue = await startVenue();
  const settings = { LIVE_EXCHANGES: "binance", EXCHANGE_URLS: JSON.stringify({ binance: venue.address }) };
  [onebox, browser] = await Promise.all([startOnebox(undefined, settings), launch()]);
  const context = await browser.newContext({ viewport: DESK });
  ({ page, watch } = await watched(context, onebox.origin));
  page.setDefaultTimeout(SOON);
  await signUp(page, onebox.origin);
});

afterAll(async () => {
  await browser?.close();
  await onebox?.stop();
  await venue?.stop();
});

test("a key that can withdraw is refused, one that can only trade is taken", async () => {
  venue.tell("withdraw yes");
  await goTo(page, "Accounts");
  await page.getByRole("button", { name: "Connect an exchange" }).click();
  const form = page.getByRole("dialog", { name: "Connect an exchange" });
  await form.getByLabel("Name").fill("Main");
  await form.getByLabel("API key").fill(venue.key);
  await form.getByLabel("API secret").fill(venue.secret);
  await form.getByRole("button", { name: "Check the key and connect" }).click();
  await form.getByRole("alert").getByText("This key can withdraw.").waitFor();
  await shoot(page, "live-1-refused");
  venue.tell("withdraw no");
  await form.getByRole("button", { name: "Check the key and connect" }).click();
  await page.getByText(/^\d+ of 100$/).waitFor();
  await page.getByRole("region", { name: "Balances of Main" }).getByText("USDT").first().waitFor();
  await shoot(page, "live-2-account");
  expect(await axe(page)).toEqual([]);
});

test("starting with real money asks for the market's name, and orders rest at the exchange", async () => {
  await page.getByRole("link", { name: "New bot here" }).click();
  const price = await lastClose(page);
  const fields = { Low: String(Math.floor(price * 0.97)), High: String(Math.ceil(price * 1.03)), Cells: "10", Investment: "5000" };
  await plan(page, { strategy: "GRID", title: "Grid", account: "Main", symbol: "BTC/USDT", fields });
  await shoot(page, "live-3-plan");
  await page.getByRole("button", { name: "Start with real money" }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: "Start now" });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel("This account is live. Type BTC/USDT to confirm.").fill("btc/usdt");
  await shoot(page, "live-4-confirm");
  await confirm.click();
  await page.waitForURL(/\/bots\/\?id=/);
  bot = page.url();
  await page.getByText("LIVE", { exact: true }).first().waitFor();
  await page.getByText("Active", { exact: true }).first().waitFor();
  await page.getByRole("region", { name: "Resting orders" }).getByRole("row").nth(8).waitFor();
});

test("a move of the market fills orders at once on the screen", async () => {
  const cell = page.getByRole("region", { name: "Resting orders" }).getByRole("row", { name: /Buy/ }).first().getByRole("cell").nth(1);
  const nearest = Number((await cell.innerText()).replace(/[^\d.]/g, ""));
  venue.tell(`move ${nearest - 1}`);
  await page.getByRole("tab", { name: /Fills/ }).click();
  await page.getByRole("region", { name: "Fills" }).getByRole("row", { name: /Buy/ }).nth(1).waitFor();
  await shoot(page, "live-5-fills");
});

test("a twin runs beside it on paper", async () => {
  await page.getByRole("tab", { name: "Twin" }).click();
  await page.getByRole("button", { name: "Start a paper twin" }).click();
  await page.getByRole("region", { name: "Bot and twin" }).getByText("Orders of both").waitFor();
  await shoot(page, "live-6-twin");
  expect(await axe(page)).toEqual([]);
  await page.getByRole("link", { name: "Open the twin" }).click();
  await page.getByText("PAPER", { exact: true }).first().waitFor();
  await page.goBack();
  await page.getByText("LIVE", { exact: true }).first().waitFor();
});

test("funds are added, and the money is set aside at once", async () => {
  await menu("Add funds");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Amount" }).fill("1000");
  await dialog.getByText("Set aside for the bot").waitFor();
  await shoot(page, "live-7-funds");
  await dialog.getByRole("button", { name: "Add it" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText(/^6,000\.00/).first().waitFor();
});

test("a bot is made again from what was written down, and goes on", async () => {
  await menu("Rebuild");
  await page.getByRole("dialog").getByText("looked up at the market one by one").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Rebuild the bot" }).click();
  await page.getByRole("tab", { name: "Why" }).click();
  await page.getByText("Made again from the ledger, the backup and the market").waitFor();
  await page.getByText("orders taken over: 10").waitFor();
  await shoot(page, "live-8-rebuilt");
});

test("a plan is shared without its amounts, seen by a stranger, and the link is ended", async () => {
  await menu("Share by link");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await dialog.locator("pre").innerText();
  await dialog.getByRole("button", { name: "Close" }).click();
  const stranger = await browser.newContext({ viewport: DESK });
  const other = await stranger.newPage();
  const path = new URL(link);
  await other.goto(`${onebox.origin}${path.pathname}${path.search}${path.hash}`);
  await other.getByText("kept private").waitFor();
  await shoot(other, "live-9-shared");
  await goTo(page, "Settings");
  await page.getByRole("button", { name: /^End link to/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End link" }).click();
  await page.getByText("You have not shared anything.").waitFor();
  await other.reload();
  await other.getByText("This link is over, or was never made.").waitFor();
  await stranger.close();
});

test("a bot that trades for real fits a hand", async () => {
  await page.setViewportSize(PHONE);
  await page.goto(bot);
  await page.getByText("LIVE", { exact: true }).first().waitFor();
  await page.getByRole("region", { name: "Resting orders" }).getByRole("row").nth(3).waitFor();
  await shoot(page, "live-phone-bot");
  expect(await axe(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.setViewportSize(DESK);
});

test("panic sells everything, and nothing rests at the exchange", async () => {
  await goTo(page, "Overview");
  await page.getByRole("button", { name: "Panic" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Sell everything", { exact: true }).click();
  await dialog.getByLabel("Type SELL to confirm").fill("SELL");
  await dialog.getByRole("button", { name: "Stop everything" }).click();
  await dialog.waitFor({ state: "detached" }); // taken: to leave the page before that would take the request back
  await page.goto(bot);
  await page.getByText("Stopped", { exact: true }).first().waitFor();
  await page.getByText("No resting orders.").waitFor();
  await shoot(page, "live-10-panic");
});

test("the page complained about nothing and stayed at home", () => {
  const expected = /status of (404|422)/; // a bot without a twin, a key that is refused, a plan that is being typed
  expect(watch.errors.filter((line) => !expected.test(line))).toEqual([]);
  expect(watch.outside.filter((url) => !url.startsWith(onebox.origin.replace("http", "ws")))).toEqual([]);
});

async function menu(item: string): Promise<void> {
  await page.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: item }).click();
}
