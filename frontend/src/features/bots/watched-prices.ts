/** The prices an owner watches, from the bot's own figures: one list for the chart's lines and for the panel beside it. */
import type { Bot } from "@/api/types";
import type { LineKind } from "@/charts/candle-chart";
import { isDecimal, negate, product, quotient, sum } from "@/lib/money";

/** In the order people look for them; the names are the API's. */
export const WATCHED = [
  ["take_profit_price", "target"],
  ["trailing_start_price", "target"],
  ["trailing_stop_price", "stop"],
  ["average", "average"],
  ["break_even_price", "even"],
  ["next_safety_price", "level"],
  ["stop_price", "stop"],
  ["guard_price", "stop"],
  ["stop_below_price", "stop"],
  ["stop_above_price", "stop"],
  ["liquidation_price", "liquidation"],
  ["entry_price", "entry"],
  ["trail_up_price", "trail"],
  ["trail_down_price", "trail"],
] as const satisfies readonly (readonly [string, LineKind])[];

export type WatchedName = (typeof WATCHED)[number][0];
export type Watched = { name: WatchedName; kind: LineKind; price: string };

export function watchedPrices(bot: Pick<Bot, "figures" | "config">): Watched[] {
  const known: Record<string, unknown> = { ...bot.figures, stop_below_price: bot.config.stop_below_price, stop_above_price: bot.config.stop_above_price };
  return WATCHED.flatMap(([name, kind]) => {
    const price = known[name];
    return typeof price === "string" && isDecimal(price) ? [{ name, kind, price }] : [];
  });
}

/** How far the market has to go to a price, in percent of the price now. */
export function distancePct(price: string, now: string | null): string | null {
  return now === null ? null : quotient(product(sum([price, negate(now)]), "100"), now, 4);
}
