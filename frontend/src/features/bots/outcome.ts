"use client";
/** What stopping would leave in the account, at the price now: an estimate before the spread, with the taker fee in it. */
import { useMarkets } from "@/api/queries/market";
import type { Bot, CloseMode } from "@/api/types";
import { usePriceNow } from "@/features/market/use-market";
import { negate, product, quotient, signOf, sum } from "@/lib/money";
import { usePriced } from "./priced";
import { isFuture } from "./words";

export type Outcome = { base: string; quote: string; fee: string; feeCurrency: string };

type Facts = { base: string; quote: string; price: string; fee: string; future: boolean; value: string | null };

export function useOutcome(bot: Bot, mode: CloseMode): Outcome | null {
  const markets = useMarkets(bot.account_id);
  const price = usePriceNow(bot);
  const { value } = usePriced(bot);
  const fee = markets.data?.items.find((one) => one.symbol === bot.symbol)?.taker_fee;
  if (!bot.holdings || !price || !fee) return null;
  const { base, quote, base_currency, quote_currency } = bot.holdings;
  const left = outcomeOf({ base, quote, price, fee, future: isFuture(bot.symbol), value }, mode);
  return left && { ...left, feeCurrency: mode === "base" ? base_currency : quote_currency };
}

/** Null where nothing can be said before it happened. */
export function outcomeOf({ base, quote, price, fee, future, value }: Facts, mode: CloseMode): Omit<Outcome, "feeCurrency"> | null {
  if (mode === "keep") return { base, quote, fee: "0" };
  if (mode === "quote") {
    const worth = product(base, price);
    const cost = size(product(worth, fee));
    if (future) return value === null ? null : { base: "0", quote: sum([value, negate(cost)]), fee: cost };
    return { base: "0", quote: sum([quote, worth, negate(cost)]), fee: cost };
  }
  if (mode === "base") {
    const bought = quotient(quote, price, 8);
    if (bought === null) return null;
    const cost = size(product(bought, fee));
    return { base: sum([base, bought, negate(cost)]), quote: "0", fee: cost };
  }
  return null;
}

function size(value: string): string {
  return signOf(value) < 0 ? negate(value) : value;
}
