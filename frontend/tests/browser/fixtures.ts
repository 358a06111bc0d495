/** The API as the contract describes it, answered inside the browser; the served files are the real export. */
import { createServer, type Server } from "node:http";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { BrowserContext, Page, Route } from "playwright-core";
import type { Bot, Fill, Order, PreviewAnswer, Share, Twin } from "@/api/types";
import { aBot, aFill, aMarket, anAccount, anEvent, anOrder } from "../support/samples";
import { aBacktest, aBotAnalytics, aHeatMap, anAnalytics, aHit, aPortfolio, aSearch, aWebhook, DEALS, DELIVERIES, GUARDS, NOTIFICATIONS, RUN_FILLS } from "../support/more-samples";
import { aParity, aPreset, aProvenPreset, aTwin, aShare } from "../support/kept-samples";
import { schemas } from "./schemas";

const OUT = path.resolve(import.meta.dirname, "../../out");
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".txt": "text/plain" };

/** A plain file server with the host's one rule: a folder answers with its index, the unknown with 404.html. */
const OUTSIDE = { field: "low", code: "price_outside_range", params: { price: "63667.98", low: "90000", high: "110000" } };

export async function serveOut(): Promise<{ origin: string; server: Server }> {
  const server = createServer((request, response) => {
    const asked = path.normalize(decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname));
    let file = path.join(OUT, asked);
    if (file.startsWith(OUT) && existsSync(file) && statSync(file).isDirectory()) file = path.join(file, "index.html");
    const found = file.startsWith(OUT) && existsSync(file);
    if (!found) file = path.join(OUT, "404.html");
    response.writeHead(found ? 200 : 404, { "content-type": TYPES[path.extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no address");
  return { origin: `http://127.0.0.1:${address.port}`, server };
}

export type World = {
  bots: Bot[];
  fills: Fill[];
  accounts: ReturnType<typeof anAccount>[];
  /** How many candles a chart gets, and which orders rest; some of both unless told. */
  candles?: number;
  orders?: Order[];
  /** The twin of every bot, and what was shared. */
  twin?: Twin | null;
  shares?: Share[];
  /** Paths that answer 500. */
  fail?: RegExp;
  /** Speaks on the live feed once it is connected. */
  say?: (message: unknown) => void;
};

export function aWorld(change: Partial<World> = {}): World {
  return {
    bots: [
      aBot(),
      aBot({ id: "bot_2", name: "Dip hunter", strategy: "BTD", symbol: "ETH/USDT", status: "paused", reason: "user", price: "3068.4" }),
      aBot({ id: "bot_3", name: "Broken key", strategy: "DCA", status: "error", reason: "key_invalid", exchange: "binance", market: "binance" }),
      aBot({ id: "bot_4", name: "Fresh draft", status: "draft", pnl: null, holdings: null, horizon: null, open_orders: 0, fills: 0, deals: 0 }),
    ],
    fills: [aFill(), aFill({ id: "f2", side: "sell", price: "64550", leg: "L2", cost: "251.75" }), aFill({ id: "f3", role: "initial", leg: "INIT", maker: false })],
    accounts: [
      anAccount(),
      anAccount({ id: "acc_2", label: "Main", exchange: "binance", market: "binance", paper: false, key_hint: "…x7Qp", key_score: 90, key_ip_restricted: true, verified_at: "2026-03-01T12:00:00.000Z" }),
    ],
    ...change,
  };
}

const TOKEN = `x.${Buffer.from(JSON.stringify({ sub: "u1", email: "owner@example.org" })).toString("base64url")}.x`;

/** Sign the page in and answer everything it asks from this world. */
export async function enter(context: BrowserContext, page: Page, origin: string, world: World): Promise<void> {
  await context.addInitScript(() => localStorage.setItem("tickwise.refresh", "r1"));
  await page.route(`${origin}/oidc/**`, (route) => route.fulfill({ json: { access_token: TOKEN, refresh_token: "r2", expires_in: 3600 } }));
  await page.route(`${origin}/api/v1/**`, (route) => answer(route, world));
  await page.routeWebSocket(/\/client\/hubs\//, (socket) => {
    socket.send(JSON.stringify({ type: "system", event: "connected", userId: "u1", connectionId: "c1" }));
    world.say = (data) => socket.send(JSON.stringify({ type: "message", from: "group", group: "user-u1", dataType: "json", data }));
  });
}

async function answer(route: Route, world: World): Promise<void> {
  const url = new URL(route.request().url());
  const at = url.pathname.replace("/api/v1", "");
  if (world.fail?.test(at)) return route.fulfill({ status: 500, json: { status: 500, code: "internal" }, contentType: "application/problem+json" });
  const [, id = "", list = ""] = /^\/bots\/([^/]+)(?:\/(\w+))?$/.exec(at) ?? [];
  const page = (items: unknown) => route.fulfill({ json: { items, next: null } });
  if (at === "/me") return route.fulfill({ json: { user_id: "u1", email: "owner@example.org", scopes: [], bots: world.bots.length, bots_limit: 200 } });
  if (at === "/realtime/negotiate") return route.fulfill({ json: { url: `${url.origin.replace("http", "ws")}/client/hubs/dash?access_token=t` } });
  if (at === "/accounts") return page(world.accounts);
  if (at === "/strategies") return page(schemas());
  if (at === "/markets") return page([aMarket(), aMarket({ symbol: "BTC/USDT:USDT", future: true }), aMarket({ symbol: "ETH/USDT", base: "ETH" })]);
  if (at === "/markets/candles") return page(before(candles(world.candles), url.searchParams));
  if (list === "twin") return twin(route, world);
  if (at.endsWith("/parity")) return route.fulfill({ json: aParity() });
  if (at.endsWith("/parity/reports")) return page([aParity({ drifts: [], price_drift_pct: "0.012" })]);
  if (at === "/shares") return page(world.shares ?? [aShare(), aShare({ id: "sh_2", kind: "preset", name: "Tight grid", expires_at: null, with_amounts: true })]);
  if (at === "/backtests/bt_1/bot") return route.fulfill({ json: { strategy: "GRID", symbol: "BTC/USDT", config: aPreset().config } });
  if (at === "/guards") return route.fulfill({ json: GUARDS });
  if (at === "/panic") return route.fulfill({ status: 202, json: { mode: "freeze", items: [] } });
  if (at === "/webhooks") return page([aWebhook()]);
  if (at.endsWith("/inbox")) return page([aHit(), aHit({ id: "h2", status: "rejected", reason: "bad_secret", action: null })]);
  if (at.endsWith("/messages")) return page([{ action: "start", title: "Start the bot", body: '{"action":"start"}', preview: '{"action":"start"}' }]);
  if (at === "/portfolio") return route.fulfill({ json: aPortfolio(world.bots) });
  if (at === "/analytics") return route.fulfill({ json: anAnalytics() });
  if (list === "analytics") return route.fulfill({ json: aBotAnalytics(id) });
  if (at === "/notifications/addresses") return page([{ address: "owner@example.org", confirmed_at: null }]);
  if (at === "/notifications/deliveries") return page(DELIVERIES);
  if (at === "/notifications") return route.fulfill({ json: route.request().method() === "PUT" ? route.request().postDataJSON() : NOTIFICATIONS });
  if (at === "/presets") return page([aPreset(), aProvenPreset()]);
  if (at === "/optimisations") return page([aSearch()]);
  if (at === "/optimisations/op_1") return route.fulfill({ json: aSearch() });
  if (at === "/optimisations/op_1/heatmap") return route.fulfill({ json: aHeatMap() });
  if (at === "/backtests/bt_4") return route.fulfill({ json: aBacktest({ id: "bt_4", best: null }) });
  if (at === "/backtests/bt_4/runs") return page([{ ...aBacktest().best, metrics: null, kept: false, refused: [OUTSIDE] }]);
  if (at.endsWith("/runs")) return page([aBacktest().best, { ...aBacktest().best, run: 1, overrides: { cells: 20 } }, { ...aBacktest().best, run: 2, overrides: { cells: 30 } }]);
  if (at === "/backtests/bt_3") return route.fulfill({ json: aBacktest({ id: "bt_3", runs: 3 }) });
  if (/^\/backtests\/\w+\/band$/.test(at)) return route.fulfill({ json: { items: band(), paths: 500, next: null } });
  if (/^\/backtests\/bt_3\/(equity|fills)$/.test(at)) return page(at.endsWith("equity") ? curve("bt_3").reverse() : RUN_FILLS);
  if (list === "edit") return route.fulfill({ status: 202, json: { command_id: null, status_url: "", bot: world.bots[0], effects: [{ field: "stop_loss_price", effective: "now" }, { field: "cells", effective: "restart" }] } });
  if (list === "deals") return page(DEALS);
  if (at === "/backtests") return page([aBacktest(), aBacktest({ id: "bt_2", status: "running", best: null })]);
  if (at === "/backtests/bt_1") return route.fulfill({ json: aBacktest() });
  if (at === "/backtests/bt_1/equity") return page(curve("bt_1").reverse());
  if (at === "/backtests/bt_1/fills") return page(RUN_FILLS);
  if (at === "/bots/preview") return route.fulfill({ json: preview() });
  if (at === "/bots") return page(world.bots);
  if (list === "orders") return page(world.orders ?? ladder());
  if (list === "fills") return page(world.fills);
  if (list === "events") return page([anEvent({ id: "e2", seq: 2, code: "size_reduced", params: { leg: "L3", to: "0.0031" } }), anEvent()]);
  if (list === "equity") return page(curve(id));
  const bot = world.bots.find((one) => one.id === id);
  if (["start", "pause", "resume", "stop", "rebuild"].includes(list ?? "") && bot) return route.fulfill({ status: 202, json: { command_id: "cmd_1", status_url: "", bot } });
  return bot ? route.fulfill({ json: bot }) : route.fulfill({ status: 404, json: { status: 404, code: "not_found" }, contentType: "application/problem+json" });
}

/** What the API keeps of a twin in this world: none, until one is asked for. */
function twin(route: Route, world: World): Promise<void> {
  const method = route.request().method();
  if (method === "POST") world.twin = aTwin();
  if (method === "DELETE") world.twin = null;
  if (method === "DELETE") return route.fulfill({ status: 204 });
  return world.twin ? route.fulfill({ json: world.twin }) : route.fulfill({ status: 404, json: { status: 404, code: "not_found" }, contentType: "application/problem+json" });
}

function ladder() {
  const buys = Array.from({ length: 5 }, (_, index) => anOrder({ id: `b${index}`, leg: `L${4 - index}`, price: String(63900 - index * 400) }));
  const sells = Array.from({ length: 5 }, (_, index) => anOrder({ id: `s${index}`, side: "sell", leg: `L${6 + index}`, price: String(64800 + index * 400) }));
  return [...sells, ...buys];
}

/** A price that wanders the same way in every run. */
function candles(count = 480): [number, string, string, string, string, string][] {
  const start = Date.UTC(2026, 2, 1, 4);
  const price = (index: number) => 64000 + Math.sin(index / 17) * 900 + Math.sin(index / 5) * 260;
  return Array.from({ length: count }, (_, index) => {
    const [open, close] = [price(index), price(index + 1)];
    const text = (value: number) => value.toFixed(2);
    return [start + index * 60_000, text(open), text(Math.max(open, close) + 40), text(Math.min(open, close) - 40), text(close), "12.5"];
  });
}

/** With `until` the page that ends before it, as far back as the same number of minutes goes. */
function before(all: ReturnType<typeof candles>, asked: URLSearchParams): ReturnType<typeof candles> {
  const until = asked.has("since") ? NaN : Number(asked.get("until"));
  if (!until) return all;
  const shift = all.length * 60_000;
  return all.map(([at, ...rest]): (typeof all)[number] => [at - shift, ...rest]).filter(([at]) => at < until);
}

function curve(bot: string) {
  return Array.from({ length: 60 }, (_, index) => ({
    id: `q${index}`,
    bot_id: bot,
    revision: index,
    at: new Date(Date.UTC(2026, 2, 1, 12) - index * 60_000).toISOString(),
    price: (64000 + Math.sin(index / 5) * 180).toFixed(2),
    total: (26.55 - index * 0.6 + Math.sin(index / 3) * 4).toFixed(4),
    currency: "USDT",
  }));
}

/** As wide as luck would have it, the wider the later. */
function band() {
  return curve("band")
    .reverse()
    .map(({ at, total }, index) => ({ at, low: String(Number(total) - index * 0.4), median: total, high: String(Number(total) + index * 0.4) }));
}

function preview(): PreviewAnswer {
  const orders = ladder().map((order) => ({ leg: order.leg, side: order.side, type: order.type, price: order.price, amount: order.amount, cost: "250.11", role: order.role }));
  return {
    price: "64250.5",
    market: { symbol: "BTC/USDT", base: "BTC", quote: "USDT", price_tick: "0.01", amount_step: "0.00001", min_amount: "0.00001", min_notional: "5", maker_fee: "0.001", taker_fee: "0.001" },
    preview: {
      orders,
      levels: [],
      currency: "USDT",
      funds_needed: "4988.24",
      funds_left: "11.76",
      fees_to_open: "1.21",
      break_even_step_pct: "0.2003",
      dust: "0",
      worst_case: "4282.68",
      worst_case_price: "60000",
      venue_orders: orders.length,
      plan: { order_quote: "252.11", initial_amount: "0.01879", empty_level: "5" },
      table: [],
      warnings: [{ field: "cells", code: "step_below_fees", params: { step_pct: "0.31", needed_pct: "0.4" } }],
    },
    available: { USDT: "10000" },
    currency: "USDT",
  };
}
