/** Values to start from, picked out of what the market did; nothing is computed, so nothing is rounded wrongly. */
import type { Candle } from "@/charts/candle-chart";
import { compare, toStep } from "@/lib/money";

const OUTLIERS = 20; // one candle in twenty on either side, as Hummingbot's grid page: 5 % and 95 % quantiles

export function rangeOf(candles: readonly Candle[], tick?: string | null): { low: string; high: string } | null {
  if (candles.length < 2) return null;
  const skip = Math.floor(candles.length / OUTLIERS);
  const lows = candles.map((candle) => candle[3]).sort(compare);
  const highs = candles.map((candle) => candle[2]).sort(compare);
  const low = lows[skip];
  const high = highs[highs.length - 1 - skip];
  if (!low || !high || compare(low, high) >= 0) return null;
  return { low: toStep(low, tick ?? "0.01"), high: toStep(high, tick ?? "0.01") };
}
