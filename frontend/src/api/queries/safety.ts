/** Panic and guards. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import type { Guard, PanicMode } from "../types";

export function usePanic() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (mode: PanicMode) => must(api.POST("/api/v1/panic", { params: { header: { "idempotency-key": idempotencyKey() } }, body: { mode } })),
    onSuccess: () => {
      for (const wait of [1_000, 5_000]) setTimeout(() => void cache.invalidateQueries({ queryKey: keys.bots }), wait);
    },
  });
}

export function useGuards() {
  return useQuery({ queryKey: keys.guards, queryFn: () => must(api.GET("/api/v1/guards")), refetchInterval: 60_000 });
}

export function usePutGuards() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (items: Guard[]) => must(api.PUT("/api/v1/guards", { body: { items } })),
    onSuccess: (view) => cache.setQueryData(keys.guards, view),
  });
}

export function useRearm() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => must(api.POST("/api/v1/guards/{guard_id}/rearm", { params: { path: { guard_id: id }, header: { "idempotency-key": idempotencyKey() } } })),
    onSuccess: (view) => cache.setQueryData(keys.guards, view),
  });
}
