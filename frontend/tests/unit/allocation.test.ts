import { expect, test } from "vitest";
import type { PortfolioBot } from "@/api/types";
import { allocation } from "@/features/overview/allocation";
import { aPortfolio } from "../support/more-samples";
import { aBot } from "../support/samples";

function bots(...values: [string, string, PortfolioBot["status"]?][]): PortfolioBot[] {
  const { bots: rows } = aPortfolio(values.map(([symbol], index) => aBot({ id: `b${index}`, symbol })));
  return rows.map((row, index) => ({ ...row, value: values[index]?.[1] ?? "0", status: values[index]?.[2] ?? "active" }));
}

test("what is in one coin is added exactly, the largest first", () => {
  const found = allocation(bots(["BTC/USDT", "0.1"], ["ETH/USDT", "0.6"], ["BTC/USDT:USDT", "0.2"]), "market");
  expect(found).toEqual([
    { name: "ETH", value: "0.6", share: "66.66", bots: 1 },
    { name: "BTC", value: "0.3", share: "33.33", bots: 2 },
  ]);
});

test("a bot that has ended holds nothing", () => {
  expect(allocation(bots(["BTC/USDT", "5", "stopped"]), "strategy")).toEqual([]);
});
