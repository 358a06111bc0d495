/** An owner's first day, in a real browser against the real platform: nothing here is mocked. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axe, DESK, launch, PHONE, shoot, watched, type Watch } from "../support/browser";
import { startOnebox, type Onebox } from "./onebox";
import { writeRecording } from "./recording";
import { goTo, lastClose, openPaper, plan, signUp, start, type Plan } from "./steps";

const SOON = 90_000;
const SCREENS = { overview: "/", bots: "/bots/", "new-bot": "/bots/new/", backtests: "/backtests/", webhooks: "/webhooks/", accounts: "/accounts/", notifications: "/notifications/", exports: "/exports/", settings: "/settings/" };

let onebox: Onebox;
let browser: Browser;
let page: Page;
let watch: Watch;
let price: number;
let bot: string;
let backtest: string;
let webhook: string;

beforeAll(async () => {
  [onebox, browser] = await Promise.all([startOnebox(writeRecording), launch()]);
  const context = await browser.newContext({ viewport: DESK });
  ({ page, watch } = await watched(context, onebox.origin));
  page.setDefaultTimeout(SOON);
});

afterAll(async () => {
  await browser?.close();
  await onebox?.stop();
});

test("a new owner signs up and is asked to open an account", async () => {
  await signUp(page, onebox.origin, () => shoot(page, "day-1-sign-up"));
});

test("a paper account on the simulated market is opened", async () => {
  await page.getByRole("link", { name: "Open a paper account" }).click();
  await openPaper(page, { name: "Practice", market: "simulated", speed: "60", coins: { BTC: "2" } });
  await page.getByText("SIMULATED").first().waitFor();
  await shoot(page, "day-2-account");
});

test("a grid is planned over the chart, created and started", async () => {
  await page.getByRole("link", { name: "New bot here" }).click();
  await page.getByLabel("Market", { exact: true }).selectOption("BTC/USDT");
  price = await lastClose(page);
  await plan(page, { strategy: "GRID", title: "Grid", account: "Practice", symbol: "BTC/USDT", fields: { ...around(price, 0.03), Cells: "20", Investment: "5000" } });
  await page.getByRole("region", { name: "Orders this bot would place first" }).getByRole("row").nth(15).waitFor();
  await shoot(page, "day-3-plan");
  await start(page);
});

test("orders and fills arrive without a reload", async () => {
  await page.evaluate(() => ((globalThis as { neverReloaded?: boolean }).neverReloaded = true));
  await page.getByText("Active", { exact: true }).first().waitFor();
  await page.getByRole("region", { name: "Resting orders" }).getByRole("row").nth(15).waitFor();
  await page.getByRole("tab", { name: /Fills/ }).click();
  const fills = page.getByRole("region", { name: "Fills" }).getByRole("row");
  await fills.nth(1).waitFor();
  const before = await fills.count();
  await expect.poll(() => fills.count(), { timeout: 180_000, interval: 500 }).toBeGreaterThan(before);
  expect(await page.evaluate(() => (globalThis as { neverReloaded?: boolean }).neverReloaded)).toBe(true);
  await shoot(page, "day-4-fills");
  expect(await axe(page)).toEqual([]);
});

test("each of the other five strategies is previewed and started on paper", async () => {
  const spot = { account: "Practice", symbol: "BTC/USDT" };
  const future = { account: "Practice", symbol: "BTC/USDT:USDT" };
  await goTo(page, "Accounts");
  await openPaper(page, { name: "Second", market: "simulated", speed: "60" });
  const plans: Plan[] = [
    { ...spot, strategy: "DCA", title: "DCA", fields: { "Base order": "200", "Safety order": "200", "Safety orders": "5", Step: "1", "Take profit": "1" } },
    { ...spot, strategy: "BTD", title: "Buy the dip", fields: { ...around(price, 0.03), Cells: "10", Investment: "0.2" } },
    { ...spot, strategy: "LOOP", title: "Loop", fields: { Investment: "3000", Orders: "10", Distance: "1" } },
    { ...future, strategy: "COMBO", title: "Combo", fields: { Margin: "1000", Leverage: "2", Levels: "10", Step: "1" } },
    { ...future, account: "Second", strategy: "DCA_FUTURES", title: "DCA futures", fields: { "Base order margin": "200", "Safety order margin": "200", Leverage: "3", "Safety orders": "3", Step: "2", "Take profit": "1" } },
  ];
  for (const one of plans) {
    await goTo(page, "New bot");
    await plan(page, one);
    await shoot(page, `day-plan-${one.strategy.toLowerCase()}`);
    await start(page);
    await page.getByText("Active", { exact: true }).first().waitFor();
    await page.getByRole("tab", { name: "Resting orders" }).waitFor();
    await page.getByRole("region", { name: "Resting orders" }).getByRole("row").nth(1).waitFor();
    expect(await page.getByText("Draft", { exact: true }).count()).toBe(0);
    await shoot(page, `day-bot-${one.strategy.toLowerCase()}`);
  }
});

test("a recorded market is replayed, and a bot trades it", async () => {
  await goTo(page, "Accounts");
  await openPaper(page, { name: "Recorded", market: "replay", speed: "120" });
  await page.getByText("REPLAY").first().waitFor();
  await goTo(page, "New bot");
  await plan(page, { strategy: "GRID", title: "Grid", account: "Recorded", symbol: "BTC/USDT", fields: { Low: "58500", High: "61500", Cells: "20", Investment: "5000" } });
  await start(page);
  await page.getByRole("tab", { name: /Fills/ }).click();
  await page.getByRole("region", { name: "Fills" }).getByRole("row").nth(4).waitFor({ timeout: 180_000 });
  await shoot(page, "day-replay");
});

test("settings of a running bot change, and it says when", async () => {
  await goTo(page, "Bots");
  await page.getByRole("link", { name: /^Grid BTC/ }).last().click();
  await page.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Change settings" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Stop loss price", exact: true }).fill("1000");
  await dialog.getByRole("button", { name: "What would change?" }).click();
  await dialog.getByText("at once").waitFor();
  await shoot(page, "day-edit");
  await dialog.getByRole("button", { name: "Save the changes" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("tab", { name: "Why" }).click();
  await page.getByText("Settings changed").first().waitFor();
});

test("a webhook takes a real alert, and the alert is sent again from the inbox", async () => {
  bot = page.url();
  await goTo(page, "Webhooks");
  await page.getByRole("button", { name: "New webhook" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox", { name: /Grid BTC/ }).last().check();
  const made = page.waitForResponse((answer) => answer.url().endsWith("/api/v1/webhooks") && answer.request().method() === "POST");
  await dialog.getByRole("button", { name: "Create the webhook" }).click();
  const { webhook: hook } = (await (await made).json()) as { webhook: { url: string } };
  const listed = page.waitForResponse((answer) => answer.url().endsWith("/messages"));
  await dialog.getByRole("link", { name: "Message builder" }).click();
  const { items } = (await (await listed).json()) as { items: { action: string; preview: string }[] };
  await page.getByRole("button", { name: "Dry run: what would this do?" }).click();
  await page.getByText("Dry run", { exact: true }).first().waitFor();
  const sent = await fetch(hook.url, { method: "POST", headers: { "content-type": "application/json" }, body: items.find((one) => one.action === "pause")?.preview ?? "" });
  expect(sent.ok).toBe(true);
  await page.reload();
  await page.getByText("Accepted", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Send again" }).first().click();
  const again = page.getByRole("dialog", { name: "Send this alert again" });
  await again.getByText("Dry run", { exact: true }).waitFor();
  await shoot(page, "day-replay-alert");
  await again.getByRole("button", { name: "Send again" }).click();
  await page.getByText("Sent again.").first().waitFor();
  webhook = page.url();
  await shoot(page, "day-5-webhook");
  await page.goto(bot);
  await page.getByText("Paused", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume the bot" }).click();
  await page.getByText("Active", { exact: true }).first().waitFor();
});

test("panic freezes all that runs", async () => {
  await goTo(page, "Overview");
  await page.getByRole("button", { name: "Panic" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop everything" }).click();
  await page.getByText("Paused", { exact: true }).nth(5).waitFor();
  await shoot(page, "day-panic");
  await page.goto(bot);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume the bot" }).click();
  await page.getByText("Active", { exact: true }).first().waitFor();
});

async function widen(page: Page): Promise<void> {
  for (const [name, times] of [["Low", 0.5], ["High", 2]] as const) {
    const field = page.getByRole("textbox", { name, exact: true });
    await field.fill((Number(await field.inputValue()) * times).toFixed(2));
  }
}

test("a backtest of the same market is run and read", async () => {
  await goTo(page, "New bot");
  await page.getByLabel("Account", { exact: true }).selectOption({ label: "Practice" });
  await page.getByRole("button", { name: /Suggest a range/ }).click();
  await widen(page); // the market was somewhere else a day ago
  await page.getByRole("textbox", { name: "Cells", exact: true }).fill("20");
  await page.getByRole("textbox", { name: "Investment", exact: true }).fill("1000");
  await page.getByRole("button", { name: "Backtest", exact: true }).click();
  await page.getByRole("dialog").getByLabel("How far back").selectOption("1");
  await page.getByRole("dialog").getByRole("button", { name: "Run the backtest" }).click();
  await page.getByText("Done", { exact: true }).first().waitFor({ timeout: 180_000 });
  await page.getByRole("table", { name: "Profit and loss split" }).waitFor();
  await shoot(page, "day-6-backtest");
  backtest = page.url();
  await page.getByRole("button", { name: "Keep as a preset" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Proven grid");
  await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
  await page.getByText("Kept.").first().waitFor();
  await goTo(page, "New bot");
  await page.getByRole("button", { name: "All presets" }).click();
  const presets = page.getByRole("dialog", { name: "All presets" });
  await presets.getByText(/over \d.* d of BTC\/USDT/).waitFor();
  await shoot(page, "day-presets");
  await presets.getByRole("button", { name: "Use preset Proven grid" }).click();
  await expect.poll(() => page.getByRole("textbox", { name: "Cells", exact: true }).inputValue()).toBe("20");
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

test.each([
  ["desk", DESK, "light"],
  ["phone", PHONE, "dark"],
] as const)("every screen is complete and clean on a %s, with what a day left behind", async (device, viewport, theme) => {
  await page.setViewportSize(viewport);
  await page.evaluate((wanted) => localStorage.setItem("settings", JSON.stringify({ theme: wanted })), theme);
  const found: Record<string, string[]> = {};
  for (const [name, path] of Object.entries({ ...SCREENS, bot, backtest, webhook })) {
    await page.goto(new URL(path, onebox.origin).href);
    await page.locator("h1").first().waitFor();
    await page.waitForLoadState("networkidle");
    await page.waitForFunction(() => !document.querySelector("main .animate-pulse"));
    await shoot(page, `real-${name}-${device}`);
    const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    const wrong = [...(await axe(page)), ...(fits ? [] : ["wider than the window"])];
    if (wrong.length > 0) found[name] = wrong;
  }
  expect(found).toEqual({});
});

test("the page complained about nothing and stayed at home", () => {
  // A plan previewed while it is being typed may be refused: the form says so, and the browser notes the answer's status.
  expect(watch.errors.filter((line) => !line.includes("status of 422"))).toEqual([]);
  expect(watch.outside.filter((url) => !url.startsWith(onebox.origin.replace("http", "ws")))).toEqual([]);
});

/** A range around a price, as it is typed. */
function around(middle: number, share: number): { Low: string; High: string } {
  return { Low: String(Math.floor(middle * (1 - share))), High: String(Math.ceil(middle * (1 + share))) };
}
