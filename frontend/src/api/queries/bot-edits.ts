/** Changing a bot that exists: edits, added money, copies, and its deals. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import { netMs } from "../live-status";

export type Changes = { name?: string; config: Record<string, unknown> };
export type DealCommand = "start_deal" | "close_deal" | "cancel_deal";

const header = () => ({ "idempotency-key": idempotencyKey() });

export function useDeals(id: string) {
  return useQuery({
    queryKey: keys.deals(id),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}/deals", { params: { path: { bot_id: id }, query: { limit: 100 } } })),
    refetchInterval: netMs,
  });
}

/** When each change would take effect; nothing is sent to the bot. */
export function useCheckEdit(id: string) {
  return useMutation({
    mutationFn: ({ name, config }: Changes) => must(api.POST("/api/v1/bots/{bot_id}/edit", { params: { path: { bot_id: id }, header: header() }, body: { name, config, check_only: true } })),
  });
}

export function useEditBot(id: string, draft: boolean) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, config, full }: Changes & { full: Record<string, unknown> }): Promise<void> => {
      if (draft) await must(api.PATCH("/api/v1/bots/{bot_id}", { params: { path: { bot_id: id } }, body: { name, config: full } }));
      else await must(api.POST("/api/v1/bots/{bot_id}/edit", { params: { path: { bot_id: id }, header: header() }, body: { name, config, check_only: false } }));
    },
    onSuccess: () => {
      for (const wait of [0, 1_500, 5_000]) setTimeout(() => void cache.invalidateQueries({ queryKey: keys.bot(id) }), wait);
      void cache.invalidateQueries({ queryKey: keys.bots });
    },
  });
}

export function useAddFunds(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (amount: string) => must(api.POST("/api/v1/bots/{bot_id}/add_funds", { params: { path: { bot_id: id }, header: header() }, body: { amount } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.bot(id) }),
  });
}

export function useAddSafety(id: string) {
  return useMutation({
    mutationFn: (size: string) => must(api.POST("/api/v1/bots/{bot_id}/add_safety", { params: { path: { bot_id: id }, header: header() }, body: { size } })),
  });
}

export function useDealCommand(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: DealCommand) => {
      const params = { path: { bot_id: id }, header: header() };
      if (name === "start_deal") return must(api.POST("/api/v1/bots/{bot_id}/start_deal", { params }));
      if (name === "close_deal") return must(api.POST("/api/v1/bots/{bot_id}/close_deal", { params }));
      return must(api.POST("/api/v1/bots/{bot_id}/cancel_deal", { params }));
    },
    onSuccess: () => {
      for (const wait of [800, 4_000]) setTimeout(() => void cache.invalidateQueries({ queryKey: keys.bot(id) }), wait);
    },
  });
}

export function useCloneBot(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => must(api.POST("/api/v1/bots/{bot_id}/clone", { params: { path: { bot_id: id }, header: header() }, body: { name } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.bots }),
  });
}
