/** Bots, read. */
import { useQuery } from "@tanstack/react-query";
import { api, must } from "../client";
import { keys } from "../keys";
import { netMs } from "../live-status";
import type { Bot, BotPlan, PreviewAnswer } from "../types";

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
