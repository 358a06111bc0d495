/**
 * The dashboard's own figures, for `make bench`: what is loaded, when it can be used, and whether it keeps its frames.
 * They depend on the machine, so nothing fails here; `bench/browser.py` holds them against their goals.
 */
import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { firstLoad } from "../../scripts/first-load.mjs";
import { aWorld, enter, serveOut, type World } from "../browser/fixtures";
import { startOnebox, type Onebox } from "../e2e/onebox";
import { aBot, anOrder } from "../support/samples";
import { DESK, launch } from "../support/browser";
import { besideRest, smoothness } from "./frames";

const LOADS = 5;
const CANDLES = 2_000;
const LEVELS = 100;
const BOTS = 500;
const BURST = 25;
const BURSTS = 40;
const ROUNDS = 4;
const REST_MS = 900;

const figures: Record<string, unknown> = {};
let browser: Browser;
let server: Server;
let origin: string;
let onebox: Onebox;

beforeAll(async () => {
  [browser, { origin, server }, onebox] = await Promise.all([launch(), serveOut(), startOnebox()]);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await onebox?.stop();
  if (process.env.BENCH_OUT) writeFileSync(process.env.BENCH_OUT, JSON.stringify(figures));
});

async function open(world: World, path: string) {
  const context = await browser.newContext({ viewport: DESK });
  const page = await context.newPage();
  await enter(context, page, origin, world);
  await page.goto(origin + path);
  return { context, page };
}

/** An owner with a few bots on the real platform; each visit is a browser that has never been there. */
async function owner(): Promise<{ refresh: string }> {
  const call = async (path: string, body: unknown, token?: string) => {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    return (await fetch(onebox.origin + path, { method: "POST", headers, body: JSON.stringify(body) })).json() as Promise<Record<string, string>>;
  };
  await call("/oidc/register", { email: "bench@example.org", password: "a long enough secret" });
  const form = new URLSearchParams({ client_id: "dashboard", grant_type: "password", username: "bench@example.org", password: "a long enough secret", scope: "openid offline_access" });
  const tokens = (await (await fetch(`${onebox.origin}/oidc/token`, { method: "POST", body: form })).json()) as { access_token: string; refresh_token: string };
  const account = await call("/api/v1/accounts", { exchange: "paper", label: "Bench", market: "simulated", balances: { USDT: "100000" } }, tokens.access_token);
  const config = { low: "50000", high: "80000", cells: 10, investment: "1000" };
  for (let index = 0; index < 5; index += 1) await call("/api/v1/bots", { name: `Bot ${index}`, account_id: account.id, symbol: "BTC/USDT", strategy: "GRID", config }, tokens.access_token);
  return { refresh: tokens.refresh_token };
}

/**
 * Usable: the rows are there, and two frames have come since. The page itself notes the time: who asks from outside asks ever more seldom,
 * and hears of it up to half a second late.
 */
function noteUsable(): void {
  const there = () => [...document.querySelectorAll("tbody a")].some((link) => link.textContent.includes("Bot 0"));
  const watch = new MutationObserver(() => {
    if (!there()) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => ((globalThis as unknown as { usable: number }).usable = performance.now())));
  });
  watch.observe(document, { childList: true, subtree: true });
}

async function visit(context: BrowserContext): Promise<{ paint: number; usable: number; bytes: number; sent: number }> {
  const page = await context.newPage();
  const loaded: Promise<number>[] = [];
  page.on("response", (answer) => {
    if (answer.url().endsWith(".js")) loaded.push(answer.body().then((body) => gzipSync(body, { level: 9 }).length));
  });
  await page.goto(`${onebox.origin}/bots/`);
  await page.getByRole("link", { name: /Bot 0/ }).waitFor();
  const times = await page.evaluate(() => {
    const { usable } = globalThis as unknown as { usable: number };
    return { usable, paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0 };
  });
  await page.getByText("Live", { exact: true }).first().waitFor();
  await page.waitForLoadState("networkidle");
  const sent = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter((one) => one.name.endsWith(".js"))
      .reduce((sum, one) => sum + (one as PerformanceResourceTiming).encodedBodySize, 0),
  );
  const bytes = (await Promise.all(loaded)).reduce((sum, one) => sum + one, 0);
  await page.close();
  return { ...times, bytes, sent };
}

test("the bots screen on the real platform, with a cold cache", async () => {
  let { refresh } = await owner();
  const visits = [];
  for (let count = 0; count < LOADS; count += 1) {
    const context = await browser.newContext({ viewport: DESK });
    await context.addInitScript((token) => localStorage.setItem("tickwise.refresh", localStorage.getItem("tickwise.refresh") ?? token), refresh);
    await context.addInitScript(noteUsable);
    visits.push(await visit(context));
    const kept = await context.storageState();
    refresh = kept.origins[0]?.localStorage.find((one) => one.name === "tickwise.refresh")?.value ?? refresh;
    await context.close();
  }
  figures.first_load_bytes = firstLoad("bots/").reduce((sum, { bytes }) => sum + bytes, 0);
  figures.visits = visits;
});

test("2,000 candles with 100 levels are panned", async () => {
  const orders = Array.from({ length: LEVELS }, (_, index) => anOrder({ id: `o${index}`, leg: `L${index}`, side: index < LEVELS / 2 ? "buy" : "sell", price: String(62000 + index * 45) }));
  const { context, page } = await open(aWorld({ candles: CANDLES, orders }), "/bots/?id=bot_1");
  const chart = page.getByRole("group", { name: /^Candles of/ });
  await chart.locator("canvas").first().waitFor();
  await page.waitForTimeout(1_500);
  const box = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const [y, left, right] = [box.y + box.height / 2, box.x + 60, box.x + box.width - 160];
  figures.pan = await smoothness(page, async () => {
    for (let sweep = 0; sweep < 6; sweep += 1) {
      await page.mouse.move(sweep < 4 ? left : right, y);
      await page.mouse.down();
      await page.mouse.move(sweep < 4 ? right : left, y, { steps: 40 });
      await page.mouse.up();
    }
  });
  await context.close();
});

test.each([
  ["live", null],
  ["live_sorted", "Total"],
] as const)("500 bots in the table hear of a thousand changes: %s", async (name, sortedBy) => {
  const { pnl: before } = aBot();
  const bots = Array.from({ length: BOTS }, (_, index) => aBot({ id: `bot_${index}`, name: `Bot ${index}`, pnl: before && { ...before, total: String(BOTS - index) } }));
  const world = aWorld({ bots });
  const { context, page } = await open(world, "/bots/");
  await page.getByText("Bot 0", { exact: true }).waitFor();
  await page.getByText("Live", { exact: true }).first().waitFor();
  if (sortedBy) await page.getByRole("button", { name: sortedBy, exact: true }).click();
  await page.waitForTimeout(2_500);
  let told = 0;
  const burst = () => {
    for (let count = 0; count < BURST; count += 1, told += 1) {
      const [index, revision] = [told % BOTS, 8 + Math.floor(told / BOTS)];
      // Profits drift: most rows of a sorted table stay near their place, some change it.
      const total = String(BOTS - index + ((told * 7) % 23));
      const pnl = before && { ...before, total, total_pct: total };
      const bot = aBot({ id: `bot_${index}`, name: `Bot ${index}`, revision, pnl, price: String(64000 + told), fills: revision, last_tick_at: new Date().toISOString() });
      world.say?.({ v: 1, type: "bot", botId: bot.id, revision, at: bot.updated_at, data: { bot, orders: [] } });
    }
  };
  const { work, rest } = await besideRest(page, ROUNDS, REST_MS, async () => {
    for (let count = 0; count < BURSTS / ROUNDS; count += 1) {
      burst();
      await page.waitForTimeout(60);
    }
  });
  figures[name] = work;
  figures[`${name}_rest`] = rest;
  figures.live_messages = told;
  await context.close();
});
