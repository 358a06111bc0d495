/**
 * A range to start from: around the price now, as wide as this market has lately moved in an hour, five times over on either side.
 * On most days of a large coin that is three to four percent, where hosted grids begin at ten; a wild market gets more, but never too much.
 * Exact decimals all the way: what is suggested is typed into the form as it is.
 */
import type { Candle } from "@/charts/candle-chart";
import { compare, negate, product, quotient, signOf, sum, toStep, wholeOf } from "@/lib/money";

const HOURS = 72;
const TIMES = "5";
const LEAST = "0.02";
const MOST = "0.12";
const CELL = "0.005";
const FEWEST = 4;
const MANY = 40;
/** Without a past to go by. */
const UNKNOWN = "0.05";

export function rangeOf(candles: readonly Candle[], last: string | null | undefined, tick?: string | null): { low: string; high: string } | null {
  const price = candles.at(-1)?.[4] ?? last;
  if (!price || signOf(price) <= 0) return null;
  const half = product(price, shareOf(candles.slice(-HOURS), price));
  const step = tick ?? "0.01";
  const [low, high] = [toStep(sum([price, negate(half)]), step), toStep(sum([price, half]), step)];
  return signOf(low) > 0 && compare(low, high) < 0 ? { low, high } : null;
}

/** How many cells the range has room for when each is half a percent high: clear of fees of 0.1 % a side. */
export function cellsOf({ low, high }: { low: string; high: string }): string {
  const wide = quotient(sum([high, negate(low)]), product(low, CELL), 0) ?? String(FEWEST);
  return String(Math.min(Math.max(wholeOf(wide), FEWEST), MANY));
}

/** Half the range as a part of the price. */
function shareOf(candles: readonly Candle[], price: string): string {
  if (candles.length < 2) return UNKNOWN;
  const moved = sum(candles.map(([, , high, low]) => sum([high, negate(low)])));
  const mean = quotient(moved, product(price, String(candles.length)), 8) ?? UNKNOWN;
  const wide = product(mean, TIMES);
  if (compare(wide, LEAST) < 0) return LEAST;
  return compare(wide, MOST) > 0 ? MOST : wide;
}
