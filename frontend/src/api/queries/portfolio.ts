/** Every bot at the market's price now; no faster than the house's thirty seconds. */
import { useQuery } from "@tanstack/react-query";
import { api, must } from "../client";
import { keys } from "../keys";
import type { Portfolio, PortfolioBot } from "../types";

const EVERY_MS = 30_000;

const query = {
  queryKey: keys.portfolio,
  queryFn: () => must(api.GET("/api/v1/portfolio")),
  refetchInterval: EVERY_MS,
  staleTime: EVERY_MS - 1_000,
};

export function usePortfolio() {
  return useQuery(query);
}

export type PricedRow = { at: string; bot: PortfolioBot };

const indexed = new WeakMap<Portfolio, ReadonlyMap<string, PortfolioBot>>();

/** One bot's line; a portfolio is gone through once, however many rows ask. */
export function rowOf(all: Portfolio | undefined, id: string): PricedRow | null {
  if (!all) return null;
  let lines = indexed.get(all);
  if (!lines) indexed.set(all, (lines = new Map(all.bots.map((bot) => [bot.bot_id, bot]))));
  const bot = lines.get(id);
  return bot ? { at: all.at, bot } : null;
}

export function usePortfolioBot(id: string): PricedRow | null {
  return useQuery({ ...query, select: (all) => rowOf(all, id) }).data ?? null;
}
