/** What an owner keeps: presets, and where to be told of what. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import type { components } from "../schema";
import type { Notifications } from "../types";

export function usePresets() {
  return useQuery({ queryKey: keys.presets, queryFn: () => must(api.GET("/api/v1/presets", { params: { query: { limit: 100 } } })), staleTime: 60_000 });
}

export function useSavePreset() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["PresetCreate"]) => must(api.POST("/api/v1/presets", { params: { header: { "idempotency-key": idempotencyKey() } }, body })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.presets }),
  });
}

export function useDeletePreset() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => must(api.DELETE("/api/v1/presets/{preset_id}", { params: { path: { preset_id: id } } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.presets }),
  });
}

export function useNotifications() {
  return useQuery({ queryKey: keys.notifications, queryFn: () => must(api.GET("/api/v1/notifications")), staleTime: 60_000 });
}

/** Which of the e-mail addresses may be written to. */
export function useAddresses() {
  return useQuery({ queryKey: keys.addresses, queryFn: () => must(api.GET("/api/v1/notifications/addresses")), staleTime: 60_000 });
}

export function useSendCode() {
  return useMutation({
    mutationFn: (id: string) => must(api.POST("/api/v1/notifications/code/{channel_id}", { params: { path: { channel_id: id }, header: { "idempotency-key": idempotencyKey() } } })),
  });
}

export function useConfirmAddress() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, code }: { id: string; code: string }) =>
      must(api.POST("/api/v1/notifications/confirm/{channel_id}", { params: { path: { channel_id: id }, header: { "idempotency-key": idempotencyKey() } }, body: { code } })),
    onSuccess: (addresses) => cache.setQueryData(keys.addresses, addresses),
  });
}

export function useDeliveries() {
  return useQuery({
    queryKey: keys.deliveries,
    queryFn: () => must(api.GET("/api/v1/notifications/deliveries", { params: { query: { limit: 50 } } })),
    refetchInterval: 30_000,
  });
}

/** A message the way real ones go; the log says what became of it. */
export function useTestChannel() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => must(api.POST("/api/v1/notifications/test/{channel_id}", { params: { path: { channel_id: id }, header: { "idempotency-key": idempotencyKey() } } })),
    onSuccess: () => {
      for (const wait of [1_500, 6_000]) setTimeout(() => void cache.invalidateQueries({ queryKey: keys.deliveries }), wait);
    },
  });
}

export function usePutNotifications() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Notifications) => must(api.PUT("/api/v1/notifications", { body })),
    onSuccess: (saved) => {
      cache.setQueryData(keys.notifications, saved);
      void cache.invalidateQueries({ queryKey: keys.addresses });
    },
  });
}
