/** Shadow twins: a paper bot beside a bot, and how far the two drifted apart. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ApiError, idempotencyKey, must } from "../client";
import { keys } from "../keys";

/** Null: the bot has none. */
export function useTwin(id: string) {
  return useQuery({
    queryKey: keys.twin(id),
    queryFn: () =>
      must(api.GET("/api/v1/bots/{bot_id}/twin", { params: { path: { bot_id: id } } })).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }),
    staleTime: 60_000,
  });
}

export function useAttachTwin(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.POST("/api/v1/bots/{bot_id}/twin", { params: { path: { bot_id: id }, header: { "idempotency-key": idempotencyKey() } } })),
    onSuccess: (link) => {
      cache.setQueryData(keys.twin(id), link);
      void cache.invalidateQueries({ queryKey: keys.bots });
      void cache.invalidateQueries({ queryKey: keys.accounts });
    },
  });
}

export function useDetachTwin(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.DELETE("/api/v1/bots/{bot_id}/twin", { params: { path: { bot_id: id } } })),
    onSuccess: () => {
      cache.setQueryData(keys.twin(id), null);
      void cache.invalidateQueries({ queryKey: keys.bots });
    },
  });
}

export function useParity(id: string, days: number) {
  return useQuery({
    queryKey: keys.parity(id, days),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}/parity", { params: { path: { bot_id: id }, query: { days } } })),
    refetchInterval: 60_000,
    placeholderData: (before) => before,
  });
}

export function useParityReports(id: string) {
  return useQuery({
    queryKey: keys.parityReports(id),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}/parity/reports", { params: { path: { bot_id: id }, query: { limit: 52 } } })),
    staleTime: 300_000,
  });
}
