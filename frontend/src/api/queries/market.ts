/** Markets, candles, strategies: public things, read as an account sees them. */
import { useQuery } from "@tanstack/react-query";
import { api, must } from "../client";
import { keys } from "../keys";
import type { CandlePage } from "../types";

export const TIMEFRAMES = ["1m", "5m", "15m", "1h", "4h", "1d"] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

export function useMarkets(accountId: string | null) {
  return useQuery({
    queryKey: keys.markets(accountId ?? ""),
    enabled: accountId !== null,
    queryFn: () => must(api.GET("/api/v1/markets", { params: { query: { account_id: accountId, limit: 500 } } })),
    staleTime: 60_000,
  });
}

export function useCandles(accountId: string | null, symbol: string | null, timeframe: Timeframe, limit = 500) {
  return useQuery({
    queryKey: keys.candles(accountId ?? "", symbol ?? "", timeframe),
    enabled: accountId !== null && symbol !== null && symbol !== "",
    // The client's helper types read a tuple as a list; the contract says tuple.
    queryFn: () => must(api.GET("/api/v1/markets/candles", { params: { query: { account_id: accountId, symbol: symbol ?? "", timeframe, limit } } })) as Promise<CandlePage>,
    refetchInterval: 30_000,
    staleTime: 20_000,
    placeholderData: (before, query) => (query?.queryKey[1] === accountId && query?.queryKey[2] === symbol ? before : undefined),
  });
}

export function useStrategies() {
  return useQuery({
    queryKey: keys.strategies,
    queryFn: () => must(api.GET("/api/v1/strategies")),
    staleTime: 3_600_000,
  });
}
