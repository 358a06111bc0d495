import { expect, test } from "vitest";
import { joined, prepended } from "@/charts/history";
import type { Candle } from "@/charts/candle-chart";

const candle = (at: number, close = "1"): Candle => [at, "1", "1", "1", close, "0"];
const times = (candles: readonly Candle[]) => candles.map(([at]) => at);

test("where past and newest overlap the newest word counts", () => {
  const row = joined([candle(1), candle(2), candle(3, "old")], [candle(3, "new"), candle(4)]);
  expect(times(row)).toEqual([1, 2, 3, 4]);
  expect(row[2]?.[4]).toBe("new");
});

test("a past the newest page has moved away from is left out rather than shown with a hole", () => {
  expect(times(joined([candle(1), candle(2)], [candle(9), candle(10)]))).toEqual([9, 10]);
});

test("without a past there is the newest page, and without that nothing", () => {
  expect(times(joined([], [candle(1)]))).toEqual([1]);
  expect(joined([candle(1)], [])).toEqual([]);
});

test("an earlier page goes in front, and what was there already is not there twice", () => {
  expect(times(prepended([candle(1), candle(2), candle(3)], [candle(3), candle(4)]))).toEqual([1, 2, 3, 4]);
  expect(times(prepended([candle(1)], []))).toEqual([1]);
});
