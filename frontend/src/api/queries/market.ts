/** Markets, candles, strategies: public things, read as an account sees them. */
import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Candle } from "@/charts/candle-chart";
import { MOST_CANDLES, prepended } from "@/charts/history";
import { api, must } from "../client";
import { keys } from "../keys";
import type { CandlePage, CandleSource } from "../types";

export const TIMEFRAMES = ["1m", "5m", "15m", "1h", "4h", "1d"] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

type Past = { candles: readonly Candle[]; over: boolean };
const NO_PAST: Past = { candles: [], over: false };

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

const PAGE_BACK = 1_000;

/** Candles before the newest page, read when `earlier` is called: once at a time, until there are no more. */
export function usePastCandles(accountId: string, symbol: string, timeframe: Timeframe) {
  const cache = useQueryClient();
  const key = keys.pastCandles(accountId, symbol, timeframe);
  const past = useQuery<Past>({ queryKey: key, queryFn: skipToken, initialData: NO_PAST, staleTime: Infinity, gcTime: 300_000 }).data ?? NO_PAST;
  const [busy, setBusy] = useState(false);

  async function earlier(there: readonly Candle[]): Promise<void> {
    const until = there[0]?.[0];
    if (busy || past.over || until === undefined || there.length >= MOST_CANDLES) return;
    setBusy(true);
    try {
      const query = { account_id: accountId, symbol, timeframe, until, limit: PAGE_BACK };
      const { items } = (await must(api.GET("/api/v1/markets/candles", { params: { query } }))) as CandlePage;
      const page = items as readonly Candle[];
      cache.setQueryData<Past>(key, { candles: prepended(page, there), over: page.length === 0 });
    } finally {
      setBusy(false);
    }
  }
  return { past: past.candles, busy, earlier };
}

/** Candles of a past range, as a backtest read them: they do not change any more. */
export function useRangeCandles(source: CandleSource, symbol: string, timeframe: Timeframe, range: { first: string; last: string } | null) {
  const exchange = source.kind === "exchange" ? source.exchange : source.kind;
  return useQuery({
    queryKey: keys.rangeCandles(exchange ?? "", source.account_id ?? "", symbol, timeframe, range?.first ?? "", range?.last ?? ""),
    enabled: range !== null,
    queryFn: () =>
      must(
        api.GET("/api/v1/markets/candles", {
          params: { query: { symbol, timeframe, limit: 1000, since: range?.first, until: range?.last, ...(source.kind === "replay" ? { account_id: source.account_id } : { exchange }) } },
        }),
      ) as Promise<CandlePage>,
    staleTime: Infinity,
    retry: false,
  });
}

export function useStrategies() {
  return useQuery({
    queryKey: keys.strategies,
    queryFn: () => must(api.GET("/api/v1/strategies")),
    staleTime: 3_600_000,
  });
}
