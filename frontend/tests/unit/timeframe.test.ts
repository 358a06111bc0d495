import { expect, test } from "vitest";
import { fittingTimeframe, MOST_CANDLES } from "@/features/backtests/timeframe";

const HOUR = 3_600_000;

test.each([
  [1, "1m"],
  [24, "5m"],
  [7 * 24, "15m"],
  [30 * 24, "1h"],
  [90 * 24, "4h"],
  [365 * 24, "1d"],
  [10 * 365 * 24, "1d"],
])("a range of %i hours is shown in candles of %s", (hours, timeframe) => {
  expect(fittingTimeframe(0, hours * HOUR)).toBe(timeframe);
});

test("a page of the finest candles is not cut", () => {
  expect(fittingTimeframe(0, MOST_CANDLES * 60_000)).toBe("1m");
  expect(fittingTimeframe(0, MOST_CANDLES * 60_000 + 1)).toBe("5m");
});
