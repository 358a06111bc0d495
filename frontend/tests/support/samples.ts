/** Contract-typed samples: if the contract changes, these stop compiling. */
import type { Account, Bot, EventLine, Fill, Market, Order } from "@/api/types";

const AT = "2026-03-01T12:00:00.000Z";

export function aBot(change: Partial<Bot> = {}): Bot {
  return {
    id: "bot_1",
    name: "Grid BTC",
    account_id: "acc_1",
    exchange: "paper",
    market: "simulated",
    symbol: "BTC/USDT",
    strategy: "GRID",
    config: { low: "60000", high: "70000", cells: 10, investment: "5000", spacing: "geometric", stop_loss_price: "58000" },
    status: "active",
    reason: null,
    reason_params: {},
    revision: 7,
    epoch: 0,
    created_at: AT,
    updated_at: AT,
    started_at: AT,
    stopped_at: null,
    last_tick_at: AT,
    price: "64250.5",
    pnl: {
      cell_profit: "42.5",
      inventory_pnl: "-12.75",
      fees: "3.2",
      funding: "0",
      total: "26.55",
      hodl: "18.1",
      total_pct: "0.531",
      currency: "USDT",
      price: "64250.5",
      at: AT,
    },
    holdings: { base: "0.0388", quote: "2506.12", base_currency: "BTC", quote_currency: "USDT" },
    horizon: { below: "63900", above: "64800", until: null },
    reserved: { USDT: "5000" },
    open_orders: 10,
    fills: 3,
    deals: 2,
    figures: {},
    ...change,
  };
}

export function anOrder(change: Partial<Order> = {}): Order {
  return { id: "o1", leg: "L1", role: "grid", side: "buy", type: "limit", price: "63900", amount: "0.0039", status: "open", reduce_only: false, made_at: AT, ...change };
}

export function aFill(change: Partial<Fill> = {}): Fill {
  return {
    id: "f1",
    bot_id: "bot_1",
    revision: 6,
    order_id: "o9",
    trade_id: "t1",
    symbol: "BTC/USDT",
    leg: "L1",
    role: "grid",
    side: "buy",
    price: "63900",
    amount: "0.0039",
    cost: "249.21",
    fee: "0.24921",
    fee_currency: "USDT",
    maker: true,
    at: AT,
    ...change,
  };
}

export function anEvent(change: Partial<EventLine> = {}): EventLine {
  return { id: "e1", bot_id: "bot_1", revision: 6, seq: 1, code: "status", params: { status: "active" }, at: AT, previous: "", hash: "ab", ...change };
}

export function anAccount(change: Partial<Account> = {}): Account {
  return {
    id: "acc_1",
    exchange: "paper",
    label: "Practice",
    market: "simulated",
    speed: 1,
    latency_ms: 0,
    paper: true,
    created_at: AT,
    balances: [
      { currency: "BTC", free: "0", used: "0.0388", total: "0.0388", reserved: "0.0388" },
      { currency: "USDT", free: "5000", used: "2493.88", total: "7493.88", reserved: "2506.12" },
    ],
    key_hint: null,
    ...change,
  };
}

export function aMarket(change: Partial<Market> = {}): Market {
  return {
    symbol: "BTC/USDT",
    base: "BTC",
    quote: "USDT",
    last: "64250.5",
    simulated: true,
    future: false,
    price_tick: "0.01",
    amount_step: "0.00001",
    min_amount: "0.00001",
    min_notional: "5",
    maker_fee: "0.001",
    taker_fee: "0.001",
    ...change,
  };
}
