/** Backtests: jobs on the server, told of by the live feed, found again after a reload. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import type { BacktestCreate } from "../types";

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

export function useBacktestEquity(id: string, run: number, on: boolean) {
  return useQuery({
    queryKey: keys.backtestEquity(id, run),
    enabled: on,
    queryFn: () => must(api.GET("/api/v1/backtests/{backtest_id}/equity", { params: { path: { backtest_id: id }, query: { run } } })),
    staleTime: Infinity,
  });
}

export function useBacktestFills(id: string, run: number, on: boolean) {
  return useQuery({
    queryKey: keys.backtestFills(id, run),
    enabled: on,
    queryFn: () => must(api.GET("/api/v1/backtests/{backtest_id}/fills", { params: { path: { backtest_id: id }, query: { run } } })),
    staleTime: Infinity,
  });
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
