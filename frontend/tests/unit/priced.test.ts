/** Figures at the market's price: which of two ages wins, and what stopping would leave. */
import { describe, expect, test } from "vitest";
import type { PricedRow } from "@/api/queries/portfolio";
import { outcomeOf } from "@/features/bots/outcome";
import { pricedOf, splitNow } from "@/features/bots/priced";
import { aBot } from "../support/samples";

const LOOK = "2026-03-01T12:00:00.000Z";
const PNL = { cell_profit: "10", inventory_pnl: "-4", fees: "1", funding: "0", total: "5", total_pct: "0.5", hodl: "3", price: "64000", at: LOOK, currency: "USDT", put_in: "1000" };
const bot = aBot({ price: "64000", pnl: PNL, last_tick_at: LOOK });

function row(at: string, change: Partial<PricedRow["bot"]> = {}): PricedRow {
  return {
    at,
    bot: {
      account_id: "acc_1", bot_id: bot.id, currency: "USDT", is_priced_now: true, name: bot.name, price: "64500", put_in: "1000", status: "active",
      strategy: "GRID", symbol: "BTC/USDT", total: "12.5", value: "1012.5", world: "paper", ...change,
    },
  };
}

describe("a bot's figures", () => {
  test("come from the portfolio when that is the newer", () => {
    expect(pricedOf(bot, row("2026-03-01T12:05:00.000Z"))).toEqual({ price: "64500", total: "12.5", totalPct: "1.25", value: "1012.5", at: "2026-03-01T12:05:00.000Z", isNow: true });
  });
  test("stay the bot's own when it looked later, or when the market could not be asked", () => {
    expect(pricedOf(bot, row("2026-03-01T11:59:00.000Z"))).toMatchObject({ total: "5", at: LOOK, isNow: false });
    const replayed = { ...bot, pnl: { ...PNL, at: "2025-01-06T00:31:00.000Z" } };
    expect(pricedOf(replayed, row("2026-03-01T11:59:00.000Z"))).toMatchObject({ total: "5", at: LOOK, isNow: false });
    expect(pricedOf(bot, row("2026-03-01T12:05:00.000Z", { is_priced_now: false }))).toMatchObject({ total: "5", isNow: false });
  });
  test("move by inventory only, and still add up", () => {
    const now = splitNow(PNL, pricedOf(bot, row("2026-03-01T12:05:00.000Z")));
    expect(now).toMatchObject({ cell_profit: "10", inventory_pnl: "3.5", fees: "1", total: "12.5", hodl: null });
  });
});

describe("what stopping leaves", () => {
  const facts = { base: "0.1", quote: "100", price: "64000", fee: "0.001", future: false, value: "6500" };
  test("both coins when they are kept", () => {
    expect(outcomeOf(facts, "keep")).toEqual({ base: "0.1", quote: "100", fee: "0" });
  });
  test("quote less the taker fee when all is sold", () => {
    expect(outcomeOf(facts, "quote")).toEqual({ base: "0", quote: "6493.6", fee: "6.4" });
  });
  test("coin less the taker fee when all is bought", () => {
    expect(outcomeOf(facts, "base")).toEqual({ base: "0.1015609375", quote: "0", fee: "0.0000015625" });
  });
  test("the position's worth less the fee on a perpetual, short ones too", () => {
    expect(outcomeOf({ ...facts, base: "-0.1", future: true }, "quote")).toEqual({ base: "0", quote: "6493.6", fee: "6.4" });
  });
  test("nothing that could be said of a break-even order beforehand", () => {
    expect(outcomeOf(facts, "break_even")).toBeNull();
  });
});
