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

/** One bot's line: a row on screen is drawn again only when its own line moved. */
export function usePortfolioBot(id: string): PricedRow | null {
  const select = (all: Portfolio): PricedRow | null => {
    const bot = all.bots.find((one) => one.bot_id === id);
    return bot ? { at: all.at, bot } : null;
  };
  return useQuery({ ...query, select }).data ?? null;
}
