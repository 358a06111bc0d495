/** Bots, told what to do. */
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import { newerBot } from "../newest";
import type { Bot, BotPlan, CloseMode } from "../types";

export type Command = { name: "start" } | { name: "pause"; keepOrders: boolean } | { name: "resume" } | { name: "rebuild" } | { name: "stop"; closeMode: CloseMode };

function send(id: string, command: Command) {
  const params = { path: { bot_id: id }, header: { "idempotency-key": idempotencyKey() } };
  if (command.name === "pause") return must(api.POST("/api/v1/bots/{bot_id}/pause", { params, body: { keep_orders: command.keepOrders } }));
  if (command.name === "stop") return must(api.POST("/api/v1/bots/{bot_id}/stop", { params, body: { close_mode: command.closeMode } }));
  if (command.name === "resume") return must(api.POST("/api/v1/bots/{bot_id}/resume", { params }));
  if (command.name === "rebuild") return must(api.POST("/api/v1/bots/{bot_id}/rebuild", { params }));
  return must(api.POST("/api/v1/bots/{bot_id}/start", { params }));
}

export function useCommand(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (command: Command) => send(id, command),
    onSuccess: ({ bot }) => {
      cache.setQueryData<Bot>(keys.bot(id), (known) => known && newerBot(known, bot));
      soon(cache, id);
    },
  });
}

/** So many requests at once; the rest wait their turn. */
const AT_ONCE = 4;

export type BulkAnswer = { refused: { id: string; error: unknown }[] };

/** The same command for several bots, each with a key of its own; one that is refused does not hold up the others. */
export function useBulkCommand() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ ids, command }: { ids: readonly string[]; command: Command }): Promise<BulkAnswer> => {
      const refused: BulkAnswer["refused"] = [];
      const queue = [...ids];
      const worker = async () => {
        for (let id = queue.shift(); id !== undefined; id = queue.shift()) await send(id, command).catch((error: unknown) => refused.push({ id: id ?? "", error }));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      return { refused };
    },
    onSuccess: () => {
      for (const wait of [800, 4_000]) setTimeout(() => void cache.invalidateQueries({ queryKey: keys.bots }), wait);
    },
  });
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
