/** Bots, read. */
import { useQuery, type QueryClient } from "@tanstack/react-query";
import { api, must } from "../client";
import { keys } from "../keys";
import { netMs } from "../live-status";
import { newerBot, newerBots, unlessTold } from "../newest";
import type { Bot, BotPlan, PreviewAnswer } from "../types";

const PAGE = 200;

export function useBots() {
  return useQuery({ queryKey: keys.bots, queryFn: ({ client }) => allBots(client), refetchInterval: netMs });
}

type BotList = { items: Bot[]; next: null };

async function allBots(cache: QueryClient): Promise<BotList> {
  const items: Bot[] = [];
  let cursor: string | undefined;
  do {
    const page = await must(api.GET("/api/v1/bots", { params: { query: { limit: PAGE, cursor } } }));
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor);
  return { items: newerBots(cache.getQueryData<BotList>(keys.bots)?.items, items), next: null };
}

export function useBot(id: string) {
  return useQuery({
    queryKey: keys.bot(id),
    queryFn: async ({ client }) => {
      const read = await must(api.GET("/api/v1/bots/{bot_id}", { params: { path: { bot_id: id } } }));
      return newerBot(client.getQueryData<Bot>(keys.bot(id)), read);
    },
    refetchInterval: netMs,
  });
}

export function useOrders(id: string) {
  return useQuery({
    queryKey: keys.orders(id),
    queryFn: ({ client }) => unlessTold(client, keys.orders(id), () => must(api.GET("/api/v1/bots/{bot_id}/orders", { params: { path: { bot_id: id } } }))),
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

export function useEquity(id: string, enabled = true) {
  return useQuery({ ...equityQuery(id), enabled });
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
