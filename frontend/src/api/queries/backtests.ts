/** Backtests: jobs on the server, told of by the live feed, found again after a reload. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import type { BacktestCreate, BacktestFill } from "../types";

const SAFETY_NET_MS = 30_000;

export function useBacktests() {
  return useQuery({
    queryKey: keys.backtests,
    queryFn: () => must(api.GET("/api/v1/backtests", { params: { query: { limit: 100 } } })),
    refetchInterval: SAFETY_NET_MS,
  });
}

export function useBacktest(id: string) {
  return useQuery({
    queryKey: keys.backtest(id),
    queryFn: () => must(api.GET("/api/v1/backtests/{backtest_id}", { params: { path: { backtest_id: id } } })),
    refetchInterval: SAFETY_NET_MS,
  });
}

export function backtestEquityQuery(id: string, run: number) {
  return {
    queryKey: keys.backtestEquity(id, run),
    queryFn: () => must(api.GET("/api/v1/backtests/{backtest_id}/equity", { params: { path: { backtest_id: id }, query: { run } } })),
    staleTime: Infinity,
  };
}

export function useBacktestEquity(id: string, run: number, on: boolean) {
  return useQuery({ ...backtestEquityQuery(id, run), enabled: on });
}

/** Where nine of ten curves made of the same stretches lie. */
export function useBacktestBand(id: string, run: number, on: boolean) {
  return useQuery({
    queryKey: keys.backtestBand(id, run),
    enabled: on,
    queryFn: () => must(api.GET("/api/v1/backtests/{backtest_id}/band", { params: { path: { backtest_id: id }, query: { run } } })),
    staleTime: Infinity,
    retry: false,
  });
}

/** What a chart and a table can show; the API gives 500 at a time. */
const MOST_FILLS = 3_000;

export function useBacktestFills(id: string, run: number, on: boolean) {
  return useQuery({ queryKey: keys.backtestFills(id, run), enabled: on, queryFn: () => fillsOf(id, run), staleTime: Infinity });
}

async function fillsOf(id: string, run: number): Promise<{ items: BacktestFill[]; next: string | null }> {
  const items: BacktestFill[] = [];
  let next: string | null | undefined;
  do {
    const page = await must(api.GET("/api/v1/backtests/{backtest_id}/fills", { params: { path: { backtest_id: id }, query: { run, cursor: next ?? undefined } } }));
    items.push(...page.items);
    next = page.next;
  } while (next && items.length < MOST_FILLS);
  return { items, next: next ?? null };
}

export function useBacktestRuns(id: string, on: boolean) {
  return useQuery({
    queryKey: keys.backtestRuns(id),
    enabled: on,
    queryFn: () => must(api.GET("/api/v1/backtests/{backtest_id}/runs", { params: { path: { backtest_id: id }, query: { limit: 100 } } })),
    staleTime: Infinity,
  });
}

export function useBacktestBot(id: string | null, run: number) {
  return useQuery({
    queryKey: keys.backtestBot(id ?? "", run),
    enabled: id !== null,
    queryFn: () => must(api.GET("/api/v1/backtests/{backtest_id}/bot", { params: { path: { backtest_id: id ?? "" }, query: { run } } })),
    staleTime: Infinity,
  });
}

export function useCreateBacktest() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: BacktestCreate) => must(api.POST("/api/v1/backtests", { params: { header: { "idempotency-key": idempotencyKey() } }, body })),
    onSuccess: (job) => {
      cache.setQueryData(keys.backtest(job.id), job);
      void cache.invalidateQueries({ queryKey: keys.backtests });
    },
  });
}

export function useCancelBacktest(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.POST("/api/v1/backtests/{backtest_id}/cancel", { params: { path: { backtest_id: id } } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.backtest(id) }),
  });
}

export function useDeleteBacktest(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.DELETE("/api/v1/backtests/{backtest_id}", { params: { path: { backtest_id: id } } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.backtests }),
  });
}
