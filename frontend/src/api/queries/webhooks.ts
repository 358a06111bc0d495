/** Webhooks: addresses for alerts, and what arrived there. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import type { WebhookCreate, WebhookPatch } from "../types";

const key = () => ({ "idempotency-key": idempotencyKey() });

export function useWebhooks() {
  return useQuery({ queryKey: keys.webhooks, queryFn: () => must(api.GET("/api/v1/webhooks", { params: { query: { limit: 100 } } })), refetchInterval: 60_000 });
}

export function useCreateWebhook() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: WebhookCreate) => must(api.POST("/api/v1/webhooks", { params: { header: key() }, body })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.webhooks }),
  });
}

export function useSwitchWebhook(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (enabled: boolean) => must(api.PATCH("/api/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: id } }, body: { enabled } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.webhooks }),
  });
}

export function usePatchWebhook(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: WebhookPatch) => must(api.PATCH("/api/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: id } }, body })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.webhooks }),
  });
}

export function useRotateWebhook(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.POST("/api/v1/webhooks/{webhook_id}/rotate", { params: { path: { webhook_id: id }, header: key() } })),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: keys.webhooks });
      void cache.invalidateQueries({ queryKey: keys.messages(id) });
    },
  });
}

export function useDeleteWebhook(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.DELETE("/api/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: id } } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.webhooks }),
  });
}

export function useMessages(id: string) {
  return useQuery({ queryKey: keys.messages(id), queryFn: () => must(api.GET("/api/v1/webhooks/{webhook_id}/messages", { params: { path: { webhook_id: id } } })), staleTime: 60_000 });
}

export function useInbox(id: string) {
  return useQuery({
    queryKey: keys.inbox(id),
    queryFn: () => must(api.GET("/api/v1/webhooks/{webhook_id}/inbox", { params: { path: { webhook_id: id }, query: { limit: 100 } } })),
    refetchInterval: 30_000,
  });
}

export function useReplayHit(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (hit: string) => must(api.POST("/api/v1/webhooks/{webhook_id}/inbox/{hit_id}/replay", { params: { path: { webhook_id: id, hit_id: hit }, header: key() } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.inbox(id) }),
  });
}

export function useTryMessage(id: string) {
  return useMutation({ mutationFn: (body: string) => must(api.POST("/api/v1/webhooks/{webhook_id}/try", { params: { path: { webhook_id: id } }, body: { body } })) });
}
