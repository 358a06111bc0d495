/** Samples of research and safety, typed by the contract. */
import type { Analytics, Backtest, BotAnalytics, BacktestFill, Bot, Deal, Delivery, Guard, GuardState, HeatMap, Hit, Notifications, Optimisation, Portfolio, Webhook } from "@/api/types";

const AT = "2026-03-01T12:00:00.000Z";

export function aBacktest(change: Partial<Backtest> = {}): Backtest {
  return {
    id: "bt_1",
    name: "Grid BTC",
    strategy: "GRID",
    symbol: "BTC/USDT",
    source: { kind: "simulated", account_id: null, exchange: null },
    timeframe: "1m",
    config: { low: "60000", high: "70000", cells: 10, investment: "5000" },
    ranges: [{ first: "2026-02-22T12:00:00Z", last: AT }],
    runs: 1,
    kept: true,
    status: "done",
    error: null,
    error_params: {},
    progress: { phase: "over", percent: 100, done: 1, total: 1, candles_per_s: 250000, eta_s: 0, at: AT },
    best: {
      run: 0,
      range: 0,
      overrides: {},
      refused: [],
      status: "active",
      reason: null,
      final_base: "0.03",
      final_quote: "2900",
      realised: "41.2",
      deals: 32,
      last_price: "64250",
      kept: true,
      metrics: {
        pnl: { cell_profit: "62.1", inventory_pnl: "-14.2", fees: "9.8", funding: "0", total: "38.1" },
        currency: "USDT",
        roi_pct: "0.762",
        apr_pct: "39.7",
        max_drawdown: "88.4",
        max_drawdown_pct: "1.77",
        sharpe: "1.31",
        sortino: "1.9",
        calmar: null,
        win_rate_pct: "71.2",
        profit_factor: "1.64",
        exposure_pct: "48.2",
        worst_month_pct: "0.762",
        fills: 71,
        fees_paid: "9.8",
        hodl: "21.5",
        vs_hodl: "16.6",
        days: "7",
        candles: 10080,
      },
    },
    created_at: AT,
    updated_at: AT,
    finished_at: AT,
    ...change,
  };
}

export const RUN_FILLS: BacktestFill[] = [
  { n: 0, at: AT, candle: 0, point: 1, side: "buy", price: "64250.5", amount: "0.0389", fee: "2.499", fee_currency: "USDT", role: "initial" },
  { n: 1, at: AT, candle: 12, point: 2, side: "sell", price: "64800", amount: "0.0039", fee: "0.252", fee_currency: "USDT", role: "grid" },
];

export function aWebhook(change: Partial<Webhook> = {}): Webhook {
  return {
    id: "wh_1",
    name: "TradingView",
    dialect: "tickwise",
    bots: ["bot_1"],
    aliases: {},
    max_lag_s: 300,
    expected_every_s: null,
    close_mode: "keep",
    only_tradingview_ips: false,
    only_tradingview_certificate: false,
    enabled: true,
    has_secret: true,
    own_secret: false,
    url: "https://tickwise.example/api/hooks/k3v9",
    silent: false,
    created_at: AT,
    rotated_at: null,
    ...change,
  };
}

export function aHit(change: Partial<Hit> = {}): Hit {
  return {
    id: "h1",
    webhook_id: "wh_1",
    at: AT,
    dialect: "tickwise",
    status: "accepted",
    reason: "ok",
    field: null,
    action: "pause",
    symbol: "BTC/USDT",
    body: '{"action":"pause"}',
    ignored: [],
    source_ip: "52.89.214.238",
    verified_origin: false,
    replay_of: null,
    decisions: [{ bot_id: "bot_1", command: "pause", params: {}, status: "done", code: null, orders: [], revision: 8, at: AT }],
    ...change,
  };
}

export const GUARDS: { items: Guard[]; states: GuardState[]; updated_at: string | null } = {
  items: [{ id: "g_1", kind: "drawdown_pct", world: "paper", limit: "10", currency: "USDT", window_s: 300, mode: "cancel_all", enabled: true }],
  states: [{ id: "g_1", value: "1.2", tripped_at: null }],
  updated_at: AT,
};

export function aSearch(change: Partial<Optimisation> = {}): Optimisation {
  const { strategy, symbol, source, config, ranges, status, error, error_params, progress, best, created_at, updated_at, finished_at } = aBacktest();
  return {
    ...{ strategy, symbol, source, config, ranges, status, error, error_params, progress, created_at, updated_at, finished_at },
    id: "op_1",
    name: "Grid BTC search",
    method: "tpe",
    objective: "pnl",
    trials: 12,
    split_pct: 70,
    space: [
      { field: "cells", low: "10", high: "40", whole: true, log: false, choices: [], step: null },
      { field: "reserve_pct", low: "0.2", high: "1", whole: false, log: false, choices: [], step: null },
    ],
    overfit: { in_sample: "38.1", out_of_sample: "4.2", kept_pct: "11", rank_correlation: "0.18", warning: true },
    proofs: [],
    best: best && { ...best, overrides: { cells: 22, reserve_pct: "0.4" } },
    ...change,
  };
}

export function aHeatMap(): HeatMap {
  const [xs, ys] = [["10", "15", "20", "25", "30", "35"], ["0.2", "0.4", "0.6", "0.8"]];
  const cells = xs.flatMap((x, i) => ys.map((y, j) => ({ x, y, value: (Math.sin(i + j / 2) * 40).toFixed(2), trials: 1 + ((i + j) % 3) })));
  return { x: "cells", y: "reserve_pct", xs, ys, cells };
}

export const NOTIFICATIONS: Notifications = {
  channels: [
    { id: "ch_1", kind: "email", target: "owner@example.org", occasions: ["error", "guard_tripped", "stopped"], enabled: true, min_severity: "warning", digest: "hourly" },
    { id: "ch_2", kind: "url", target: "https://chat.example.org/hooks/abc", occasions: ["fill", "deal_closed"], enabled: false, min_severity: "info", digest: "none" },
  ],
  time_zone: "Europe/Berlin",
  critical_in_quiet_hours: true,
  digest_at: "08:00",
  quiet_from: "22:00",
  quiet_until: "07:00",
};

export const DEALS: Deal[] = [
  { number: null, status: "open", opened_at: AT, closed_at: null, open_price: "64250.5", amount: "0.0031", reason: null, gross: null },
  { number: 2, status: "closed", opened_at: "2026-03-01T09:00:00.000Z", closed_at: "2026-03-01T10:12:00.000Z", open_price: "63900", close_price: "64539", amount: "0.0062", reason: "take_profit", gross: "4.12" },
  { number: 1, status: "closed", opened_at: "2026-03-01T07:00:00.000Z", closed_at: "2026-03-01T08:40:00.000Z", open_price: "64700", close_price: "63406", amount: "0.0093", reason: "stop_loss", gross: "-7.5" },
];

/** The portfolio of these bots, a little later and a little dearer. */
export function aPortfolio(bots: readonly Bot[], at = AT): Portfolio {
  const rows = bots.flatMap(({ id, account_id, name, strategy, symbol, status, exchange, pnl }) =>
    pnl ? [{ bot_id: id, account_id, name, strategy, symbol, status, currency: pnl.currency, is_priced_now: true, price: "64300", put_in: "5000", total: "28.47", value: "5028.47", world: exchange === "paper" ? ("paper" as const) : ("live" as const) }] : [],
  );
  const totals = (["paper", "live"] as const).flatMap((world) => {
    const count = rows.filter((row) => row.world === world).length;
    if (count === 0) return [];
    return [{ world, currency: "USDT", bots: count, running: count, cell_profit: "85", inventory_pnl: "-21.66", fees: "6.4", funding: "0", total: "56.94", put_in: "10000", value: "10056.94" }];
  });
  return { at, bots: rows, totals, guards: [] };
}

const WATERFALL = { cell_profit: "42.5", inventory_pnl: "-12.75", fees: "3.2", funding: "0", total: "26.55" };
const CALENDAR = Array.from({ length: 18 }, (_, index) => ({
  date: new Date(Date.UTC(2026, 1, 12 + index)).toISOString().slice(0, 10),
  realised: "1.2",
  change: (Math.sin(index) * 6).toFixed(2),
  total: "20",
  fills: 3 + index,
})).filter((_, index) => index % 5 !== 4);

export function anAnalytics(): Analytics {
  return {
    at: AT,
    is_complete: true,
    bots: [],
    totals: [{ world: "paper", currency: "USDT", bots: 3, waterfall: WATERFALL, put_in: "15000", roi_pct: "0.18", max_drawdown: "31.4", max_drawdown_pct: "0.21", sharpe: "1.1", sortino: null, fee_share_pct: "7.5", vs_hodl: "8.4", calendar: CALENDAR }],
  };
}

export function aBotAnalytics(id: string): BotAnalytics {
  return {
    bot_id: id,
    at: AT,
    is_complete: true,
    calendar: CALENDAR,
    curve: [],
    figures: {
      waterfall: WATERFALL, currency: "USDT", put_in: "5000", roi_pct: "0.53", apr_pct: "12.1", max_drawdown: "18.2", max_drawdown_pct: "0.36", sharpe: "1.4", sortino: "1.9", calmar: null, win_rate_pct: "71", profit_factor: "1.6",
      exposure_pct: "48", fee_share_pct: "7.5", turnover: "8120", maker_pct: "96", fills: 71, folded: 71, hodl: "18.1", vs_hodl: "8.4", time_dca: null, vs_time_dca: null, days: "18",
    },
  };
}

export const DELIVERIES: Delivery[] = [
  { id: "d2", channel: "ch_1", occasions: ["error"], status: "delivered", detail: "250", attempts: 1, at: AT },
  { id: "d1", channel: "ch_2", occasions: ["fill", "deal_closed"], status: "failed", detail: "503", attempts: 2, at: AT },
];
