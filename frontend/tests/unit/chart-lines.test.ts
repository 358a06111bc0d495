import { expect, test } from "vitest";
import { chartLines } from "@/features/bots/chart-lines";
import { distancePct, watchedPrices } from "@/features/bots/watched-prices";
import { aBot, anOrder } from "../support/samples";

const name = (one: string) => one;

test("prices to watch come in one order, and what is no price is left out", () => {
  const bot = aBot({ figures: { liquidation_price: "33560.18", average: "66751.2", something_new: "1", stop_price: "" } });
  expect(watchedPrices(bot).map((one) => one.name)).toEqual(["average", "liquidation_price"]);
});

test("an exit that rests as an order is drawn once, by its name", () => {
  const watched = watchedPrices(aBot({ figures: { take_profit_price: "68450.56" } }));
  const lines = chartLines(watched, [anOrder({ role: "take_profit", side: "sell", price: "68450.56" })], "67000", name);
  expect(lines).toEqual([{ price: "68450.56", kind: "target", title: "take_profit_price", labelled: true }]);
});

test("only the two orders on each side of the price are labelled", () => {
  const orders = ["62000", "63000", "64000"].map((price, index) => anOrder({ id: `b${index}`, price }));
  const labelled = chartLines([], orders, "65000", name).filter((line) => line.labelled);
  expect(labelled.map((line) => line.price)).toEqual(["63000", "64000"]);
});

test("the distance is the market's way to the price, in percent of now", () => {
  expect(distancePct("66000", "60000")).toBe("10");
  expect(distancePct("57000", "60000")).toBe("-5");
  expect(distancePct("57000", null)).toBeNull();
});
