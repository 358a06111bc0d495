/** Which candles suit a range: as fine as possible without being more than a chart can show. */
import type { Timeframe } from "@/api/queries/market";

const MINUTE_MS = 60_000;
const LENGTHS: readonly [Timeframe, number][] = [
  ["1m", MINUTE_MS],
  ["5m", 5 * MINUTE_MS],
  ["15m", 15 * MINUTE_MS],
  ["1h", 60 * MINUTE_MS],
  ["4h", 240 * MINUTE_MS],
  ["1d", 1440 * MINUTE_MS],
];

/** One page of the API. */
export const MOST_CANDLES = 1000;

export function fittingTimeframe(firstMs: number, lastMs: number): Timeframe {
  return LENGTHS.find(([, length]) => (lastMs - firstMs) / length <= MOST_CANDLES)?.[0] ?? "1d";
}
