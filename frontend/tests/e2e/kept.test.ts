/** What an owner sets up around the bots, on the real platform: searches, messages, guards, files, copies, links, imports. */
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, DESK, launch, PHONE, shoot, still, watched, type Watch } from "../support/browser";
import { openMailbox, type Mailbox } from "./mailbox";
import { startOnebox, type Onebox } from "./onebox";
import { goTo, lastClose, openPaper, plan, signUp, start } from "./steps";

const SOON = 90_000;
const GUARD_MS = 180_000;
const THEIRS = {
  id: 1, name: "autumn", type: "Bot::SingleBot", pairs: ["USDT_BTC"], strategy: "long", strategy_list: [{ strategy: "nonstop", options: {} }], base_order_volume: "15.0", base_order_volume_type: "quote_currency",
  safety_order_volume: "30.0", safety_order_volume_type: "quote_currency", safety_order_step_percentage: "1.0", martingale_volume_coefficient: "2.0", martingale_step_coefficient: "1.4", max_safety_orders: 4,
  active_safety_orders_count: 1, take_profit: "2.0", take_profit_type: "total", profit_currency: "quote_currency", start_order_type: "market", leverage_type: "not_specified", max_active_deals: 1,
  stop_loss_percentage: "30.5", stop_loss_type: "stop_loss_and_disable_bot", cooldown: "120", min_volume_btc_24h: "100",
};

let mailbox: Mailbox;
let onebox: Onebox;
let browser: Browser;
let page: Page;
let watch: Watch;
let bot: string;

beforeAll(async () => {
  mailbox = await openMailbox();
  [onebox, browser] = await Promise.all([startOnebox(undefined, { Mail: mailbox.setting }), launch()]);
  const context = await browser.newContext({ viewport: DESK, acceptDownloads: true });
  ({ page, watch } = await watched(context, onebox.origin));
  page.setDefaultTimeout(SOON);
  await signUp(page, onebox.origin);
  await wear("light");
});

afterAll(async () => {
  await browser?.close();
  await onebox?.stop();
  await mailbox?.stop();
});

test("a bot that stops by itself is planned, and its limits are drawn over the chart", async () => {
  await goTo(page, "Accounts");
  await openPaper(page, { name: "Practice", market: "simulated", speed: "60" });
  await page.getByRole("link", { name: "New bot here" }).click();
  const price = await lastClose(page);
  const fields = { Low: String(Math.floor(price * 0.97)), High: String(Math.ceil(price * 1.03)), Cells: "20", Investment: "5000" };
  await plan(page, { strategy: "GRID", title: "Grid", account: "Practice", symbol: "BTC/USDT", fields });
  await page.getByText("Stopping by itself").click();
  await page.getByLabel("Stop on", { exact: true }).fill("2099-01-31T18:30");
  await page.getByRole("textbox", { name: "Stop at or below", exact: true }).fill(String(Math.floor(price * 0.5)));
  await page.getByLabel("What it holds then").selectOption("quote");
  await page.getByText("Funds needed").waitFor();
  await settled();
  await look("plan-stops");
  await start(page);
  await page.getByText("Active", { exact: true }).first().waitFor();
  bot = page.url();
  await page.getByRole("tab", { name: "Settings" }).click();
  await page.getByText(/^31 Jan 2099, 18:30/).first().waitFor();
  await look("bot-settings");
});

test("a search finds better settings and draws where they lie", async () => {
  await goTo(page, "New bot");
  await page.getByLabel("Account", { exact: true }).selectOption({ label: "Practice" });
  const price = await lastClose(page);
  await page.getByRole("textbox", { name: "Low", exact: true }).fill(String(Math.floor(price * 0.5)));
  await page.getByRole("textbox", { name: "High", exact: true }).fill(String(Math.ceil(price * 2)));
  await page.getByRole("textbox", { name: "Cells", exact: true }).fill("40");
  await page.getByRole("textbox", { name: "Investment", exact: true }).fill("1000");
  await page.getByRole("button", { name: "Backtest", exact: true }).click();
  await page.getByRole("tab", { name: "Search for better settings" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Trials" }).fill("24");
  await dialog.getByLabel("How far back").selectOption("1");
  await settled();
  await look("search-asked");
  await dialog.getByRole("button", { name: "Start the search" }).click();
  await page.waitForURL(/search=/);
  await page.getByText("Done", { exact: true }).first().waitFor({ timeout: 180_000 });
  await page.getByRole("region", { name: /^Best result by/ }).waitFor();
  await settled();
  await look("search");
});

test("an address is confirmed by mail, and the log says what was sent", async () => {
  await goTo(page, "Notifications");
  await page.getByRole("button", { name: "Add an address" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Kind").selectOption("email");
  await dialog.getByLabel("E-mail address").fill("alerts@example.org");
  await look("notify-add");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Confirm", exact: true }).click();
  await expect.poll(() => mailbox.letters.length, { timeout: SOON }).toBeGreaterThan(0);
  const code = /\b\d{8}\b/.exec(mailbox.letters[0] ?? "")?.[0] ?? "";
  await page.getByRole("dialog").getByRole("textbox", { name: "Code" }).fill(code);
  await look("notify-confirm");
  await page.getByRole("dialog").getByRole("button", { name: "Confirm", exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect.poll(() => mailbox.letters.length, { timeout: 180_000 }).toBeGreaterThan(1);
  await page.reload();
  await page.getByText("Delivered", { exact: true }).first().waitFor();
  await look("notify-log");
});

test("a guard says how it stands, trips, stops the bots and can be set again", async () => {
  await goTo(page, "Overview");
  await guard("Loss of a day", "100000");
  await page.getByText(/now .* USDT/).first().waitFor({ timeout: GUARD_MS });
  await look("guard-value");
  await guard("Exposure", "1");
  await page.getByText(/^Tripped/).waitFor({ timeout: GUARD_MS });
  await page.getByText(/^Guard on exposure: .* of 1 USDT$/).first().waitFor();
  await look("guard-tripped");
  await page.getByRole("button", { name: "Remove: Exposure" }).click();
  await page.getByRole("dialog").getByText("nothing watches").waitFor();
  await look("guard-remove");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText(/^Tripped/).waitFor({ state: "detached" });
  await page.goto(bot);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByText("goes on with its plan").waitFor();
  await look("bot-resume");
  await page.getByRole("dialog").getByRole("button", { name: "Resume the bot" }).click();
  await page.getByText("Active", { exact: true }).first().waitFor();
});

test("the gains of a year are a file", async () => {
  await goTo(page, "Exports");
  const panel = page.getByRole("region", { name: "Gains of a year" }).or(page.locator("section", { hasText: "Gains of a year" })).last();
  await panel.getByRole("checkbox").check();
  const saved = page.waitForEvent("download");
  await panel.getByRole("button", { name: "Download" }).click();
  const file = await saved;
  const text = await readFile(await file.path(), "utf8");
  expect(file.suggestedFilename()).toMatch(/\.csv$/);
  expect(text.split("\n")[0]).toContain(",");
  await look("exports");
});

test("a bot is copied, and its plan is shared", async () => {
  await page.goto(bot);
  await menu("Share by link");
  const dialog = page.getByRole("dialog");
  await look("share");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = new URL(await dialog.locator("pre").innerText());
  await look("share-made");
  await dialog.getByRole("button", { name: "Close" }).first().click();
  await menu("Make a copy");
  await page.getByText("Draft", { exact: true }).first().waitFor();
  await settled();
  await look("copy");
  await page.goto(`${onebox.origin}${link.pathname}${link.search}${link.hash}`);
  await page.getByText("kept private").waitFor();
  await look("shared");
  await page.goto(`${onebox.origin}/settings/`);
  await page.getByRole("button", { name: /^End link to/ }).waitFor();
  await look("shares");
});

test("a 3Commas bot becomes a draft, and every setting is accounted for", async () => {
  await goTo(page, "Bots");
  await page.getByRole("button", { name: "Import" }).click();
  const dialog = page.getByRole("dialog", { name: "Import a bot" });
  await dialog.getByLabel("File (JSON)").setInputFiles({ name: "bot.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(THEIRS)) });
  await dialog.getByRole("region", { name: "Setting by setting" }).waitFor();
  await look("import");
  await dialog.getByRole("checkbox").check();
  await dialog.getByRole("button", { name: "Make a draft" }).click();
  await page.getByText("Draft", { exact: true }).first().waitFor();
  await settled();
  await look("imported");
});

test("the page complained about nothing and stayed at home", () => {
  const expected = /status of (404|422)/; // a bot without a twin, a plan that is being typed
  expect(watch.errors.filter((line) => !expected.test(line))).toEqual([]);
  expect(watch.outside.filter((url) => !url.startsWith(onebox.origin.replace("http", "ws")))).toEqual([]);
});

/** On the desk by day and in the hand by night: kept, clean for everybody, and no wider than it is. */
async function look(name: string): Promise<void> {
  await shoot(page, `kept-${name}-desk`);
  expect(await axe(page)).toEqual([]);
  await page.setViewportSize(PHONE);
  await wear("dark");
  await shoot(page, `kept-${name}-phone`);
  expect(await axe(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.setViewportSize(DESK);
  await wear("light");
}

/** As if it had been chosen in another tab. */
async function wear(theme: "light" | "dark"): Promise<void> {
  await page.evaluate((wanted) => {
    localStorage.setItem("settings", JSON.stringify({ theme: wanted }));
    window.dispatchEvent(new StorageEvent("storage", { key: "settings" }));
  }, theme);
  await page.waitForTimeout(350);
  await still(page);
}

async function settled(): Promise<void> {
  await page.waitForFunction(() => !document.querySelector("main .animate-pulse"));
  await page.waitForTimeout(700);
  await still(page);
}

async function guard(kind: string, limit: string): Promise<void> {
  await page.getByRole("button", { name: "Add a guard" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Watch").selectOption({ label: kind });
  await dialog.getByLabel("Limit").fill(limit);
  await dialog.getByRole("button", { name: "Save the guard" }).click();
  await dialog.waitFor({ state: "detached" });
}

async function menu(item: string): Promise<void> {
  await page.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: item }).click();
}
