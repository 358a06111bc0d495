"use client";
/** What a bot is worth now: at the market's price of seconds ago where the portfolio knows it, else as of the bot's last look. */
import { usePortfolioBot, type PricedRow } from "@/api/queries/portfolio";
import type { Bot, Pnl } from "@/api/types";
import { negate, product, quotient, signOf, sum } from "@/lib/money";

export type Priced = { price: string | null; total: string | null; totalPct: string | null; value: string | null; at: string | null; isNow: boolean };

export function usePriced(bot: Bot): Priced {
  return pricedOf(bot, usePortfolioBot(bot.id));
}

/** The newer of the two wins: a live message may be younger than the portfolio. */
export function pricedOf(bot: Pick<Bot, "price" | "pnl" | "last_tick_at">, row: PricedRow | null): Priced {
  const { pnl } = bot;
  // The look is in our own time; a replayed market's figures carry the time of its candles.
  const seen = bot.last_tick_at ?? pnl?.at ?? null;
  if (row?.bot.is_priced_now && (seen === null || Date.parse(row.at) >= Date.parse(seen))) {
    const { price, total, put_in: put, value } = row.bot;
    const pct = signOf(put) > 0 ? quotient(product(total, "100"), put, 4) : null;
    return { price, total, totalPct: pct, value, at: row.at, isNow: true };
  }
  return { price: bot.price ?? null, total: pnl?.total ?? null, totalPct: pnl?.total_pct ?? null, value: null, at: seen, isNow: false };
}

/** What the price moved since the bot's last look is inventory: nothing of it is realised before a fill says so. */
export function splitNow(pnl: Pnl, priced: Priced): Pnl {
  if (!priced.isNow || priced.total === null) return pnl;
  const moved = sum([priced.total, negate(pnl.total)]);
  return { ...pnl, inventory_pnl: sum([pnl.inventory_pnl, moved]), total: priced.total, hodl: signOf(moved) === 0 ? pnl.hodl : null };
}
