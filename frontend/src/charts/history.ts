/** Candles read page by page into the past, and the newest ones that are read again and again: one row of candles. */
import type { Candle } from "./candle-chart";

/** More would make the chart slow, and nobody pans that far by hand. */
export const MOST_CANDLES = 10_000;

/**
 * `past` holds everything seen when it was last read further, so it overlaps the newest page; where both have a candle the newest word
 * counts. When the page has moved on past the end of `past` (a tab that slept), the past is left out rather than shown with a hole.
 */
export function joined(past: readonly Candle[], newest: readonly Candle[]): readonly Candle[] {
  const first = newest[0]?.[0];
  const last = past.at(-1)?.[0];
  if (first === undefined || last === undefined || last < first) return newest;
  return [...past.filter((candle) => candle[0] < first), ...newest];
}

/** A page that ends before what is there, put in front of it. */
export function prepended(page: readonly Candle[], there: readonly Candle[]): readonly Candle[] {
  const first = there[0]?.[0];
  return first === undefined ? page : [...page.filter((candle) => candle[0] < first), ...there];
}
