/** Bots: reading them and telling them what to do. */
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import { netMs } from "../live-status";
import type { Bot, BotPlan, CloseMode, PreviewAnswer } from "../types";

const PAGE = 200;

export function useBots() {
  return useQuery({ queryKey: keys.bots, queryFn: allBots, refetchInterval: netMs });
}

async function allBots(): Promise<{ items: Bot[]; next: null }> {
  const items: Bot[] = [];
  let cursor: string | undefined;
  do {
    const page = await must(api.GET("/api/v1/bots", { params: { query: { limit: PAGE, cursor } } }));
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor);
  return { items, next: null };
}

export function useBot(id: string) {
  return useQuery({
    queryKey: keys.bot(id),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}", { params: { path: { bot_id: id } } })),
    refetchInterval: netMs,
  });
}

export function useOrders(id: string) {
  return useQuery({
    queryKey: keys.orders(id),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}/orders", { params: { path: { bot_id: id } } })),
    refetchInterval: netMs,
  });
}

export function useFills(id: string) {
  return useQuery({
    queryKey: keys.fills(id),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}/fills", { params: { path: { bot_id: id }, query: { limit: PAGE } } })),
    refetchInterval: netMs,
  });
}

export function useEvents(id: string) {
  return useQuery({
    queryKey: keys.events(id),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}/events", { params: { path: { bot_id: id }, query: { limit: PAGE } } })),
    refetchInterval: netMs,
  });
}

export function equityQuery(id: string) {
  return {
    queryKey: keys.equity(id),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}/equity", { params: { path: { bot_id: id }, query: { limit: PAGE } } })),
    refetchInterval: 60_000,
    staleTime: 30_000,
  };
}

export function useEquity(id: string) {
  return useQuery(equityQuery(id));
}

export function usePreview(plan: BotPlan | null) {
  return useQuery({
    queryKey: keys.preview(plan),
    enabled: plan !== null,
    queryFn: ({ signal }) => must(api.POST("/api/v1/bots/preview", { body: plan as BotPlan, signal })) as Promise<PreviewAnswer>,
    placeholderData: (before) => before,
    retry: false,
    staleTime: 15_000,
    gcTime: 60_000,
  });
}

export type Command = { name: "start" } | { name: "pause"; keepOrders: boolean } | { name: "resume" } | { name: "stop"; closeMode: CloseMode };

function send(id: string, command: Command) {
  const params = { path: { bot_id: id }, header: { "idempotency-key": idempotencyKey() } };
  if (command.name === "pause") return must(api.POST("/api/v1/bots/{bot_id}/pause", { params, body: { keep_orders: command.keepOrders } }));
  if (command.name === "stop") return must(api.POST("/api/v1/bots/{bot_id}/stop", { params, body: { close_mode: command.closeMode } }));
  if (command.name === "resume") return must(api.POST("/api/v1/bots/{bot_id}/resume", { params }));
  return must(api.POST("/api/v1/bots/{bot_id}/start", { params }));
}

export function useCommand(id: string) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: (command: Command) => send(id, command), onSuccess: () => soon(cache, id) });
}

/** A command is only accepted at first; its effect comes live, and is read a moment later in case the feed is down. */
function soon(cache: QueryClient, id: string): void {
  for (const wait of [600, 3_000, 8_000]) setTimeout(() => void cache.invalidateQueries({ queryKey: keys.bot(id) }), wait);
}

export function useCreateBot() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ name, account_id, symbol, strategy, config }: BotPlan & { name: string }) =>
      must(api.POST("/api/v1/bots", { params: { header: { "idempotency-key": idempotencyKey() } }, body: { name, account_id, symbol, strategy, config } })),
    onSuccess: (bot) => {
      cache.setQueryData(keys.bot(bot.id), bot);
      void cache.invalidateQueries({ queryKey: keys.bots });
    },
  });
}

export function useStartBot() {
  const cache = useQueryClient();
  return useMutation({ mutationFn: (id: string) => send(id, { name: "start" }), onSuccess: (_, id) => soon(cache, id) });
}

export function useDeleteBot(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.DELETE("/api/v1/bots/{bot_id}", { params: { path: { bot_id: id } } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.bots }),
  });
}
