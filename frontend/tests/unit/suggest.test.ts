import { expect, test } from "vitest";
import type { Candle } from "@/charts/candle-chart";
import { cellsOf, rangeOf } from "@/features/new-bot/suggest";

function hours(count: number, moved: string): Candle[] {
  return Array.from({ length: count }, (_, index): Candle => [index * 3_600_000, "60000", String(60000 + Number(moved)), "60000", "60000", "1"]);
}

test("the range is five mean hours on either side of the price, on the tick", () => {
  expect(rangeOf(hours(80, "600"), null, "0.5")).toEqual({ low: "57000", high: "63000" });
});

test("a sleepy market still gets room, a wild one not the whole chart", () => {
  expect(rangeOf(hours(80, "1"), null, "0.01")).toEqual({ low: "58800", high: "61200" });
  expect(rangeOf(hours(80, "9000"), null, "0.01")).toEqual({ low: "52800", high: "67200" });
});

test("only the newest three days count", () => {
  expect(rangeOf([...hours(100, "9000"), ...hours(72, "600")], null, "1")).toEqual({ low: "57000", high: "63000" });
});

test("without a past there is five percent around the last price, and without a price nothing", () => {
  expect(rangeOf([], "100", "0.01")).toEqual({ low: "95", high: "105" });
  expect(rangeOf([], null, "0.01")).toBeNull();
});

test("each cell of the suggestion is about half a percent high, and there are neither two nor hundreds", () => {
  expect(cellsOf({ low: "57000", high: "63000" })).toBe("21");
  expect(cellsOf({ low: "99.5", high: "100" })).toBe("4");
  expect(cellsOf({ low: "50", high: "100" })).toBe("40");
});
