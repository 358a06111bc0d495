"use client";
import { useCandles, useMarkets } from "@/api/queries/market";
import type { Bot, Market } from "@/api/types";
import { decimalsOf } from "@/lib/money";

export type MarketRules = { tick: string | null; amountDecimals: number | undefined };

/** The steps of a bot's market, so that figures under each other line up. */
export function useRules(bot: Bot): MarketRules {
  const markets = useMarkets(bot.account_id);
  const market: Market | undefined = markets.data?.items.find((one) => one.symbol === bot.symbol);
  return { tick: market?.price_tick ?? null, amountDecimals: market?.amount_step ? decimalsOf(market.amount_step) : undefined };
}

/** The newest price known here: a sleeping bot has not looked since it fell asleep, the candles have; a trading one is ahead of them. */
export function usePriceNow(bot: Bot): string | null {
  const candles = useCandles(bot.account_id, bot.symbol, "1m");
  const looked = bot.last_tick_at ? Date.parse(bot.last_tick_at) : 0;
  const close = candles.data?.items.at(-1)?.[4] ?? null;
  return bot.price && looked > candles.dataUpdatedAt ? bot.price : (close ?? bot.price ?? null);
}
