/**
 * From a live message to what is on screen. Rules:
 * 1. A bot's revision decides: older or equal is dropped. The message holds the whole bot, so a newer one is always right for the bot.
 * 2. Fills and events are lists: a revision that is not the very next one means some may be missing, so they are read again.
 */
import { notifyManager, type QueryClient } from "@tanstack/react-query";
import { keys } from "./keys";
import type { LiveMessage } from "./live-message";
import type { Backtest, Bot, EventLine, Fill, JobUpdate, Optimisation, Order } from "./types";

type List<T> = { items: T[]; next?: string | null };

const rereads = new Map<string, ReturnType<typeof setTimeout>>();
const REREAD_MS = 800;

/** What came within one frame: the list of bots is written once, however many of them changed. */
export function applyMessages(cache: QueryClient, messages: readonly LiveMessage[]): void {
  notifyManager.batch(() => {
    const changed = new Map<string, Bot>();
    const listed = new Map(cache.getQueryData<List<Bot>>(keys.bots)?.items.map((bot) => [bot.id, bot]));
    for (const message of messages) {
      if (message.type === "bot") {
        const { bot, orders } = message.data;
        const known = changed.get(bot.id) ?? cache.getQueryData<Bot>(keys.bot(bot.id)) ?? listed.get(bot.id);
        if (applyBot(cache, bot, orders ?? null, known)) changed.set(bot.id, bot);
      } else if (message.type === "job") applyJob(cache, message.data);
      else if (message.type === "fill") prepend<Fill>(cache, keys.fills(message.botId), message.data);
      else prepend<EventLine>(cache, keys.events(message.botId), message.data);
    }
    if (changed.size > 0) cache.setQueryData<List<Bot>>(keys.bots, (list) => list && { ...list, items: replaced(list.items, changed) });
  });
}

export function applyMessage(cache: QueryClient, message: LiveMessage): void {
  applyMessages(cache, [message]);
}

/** Progress is shown at once; what the job found is read when it is over. */
function applyJob(cache: QueryClient, job: JobUpdate): void {
  if (job.kind === "optimisation") return applySearch(cache, job);
  const change = (known: Backtest): Backtest => ({ ...known, status: job.status, error: job.error, progress: job.progress });
  cache.setQueryData<Backtest>(keys.backtest(job.id), (known) => known && change(known));
  cache.setQueryData<List<Backtest>>(keys.backtests, (list) => list && { ...list, items: list.items.map((one) => (one.id === job.id ? change(one) : one)) });
  if (job.status !== "done" && job.status !== "failed" && job.status !== "cancelled") return;
  void cache.invalidateQueries({ queryKey: keys.backtest(job.id) });
  void cache.invalidateQueries({ queryKey: keys.backtests });
}

function applySearch(cache: QueryClient, job: JobUpdate): void {
  const change = (known: Optimisation): Optimisation => ({ ...known, status: job.status, error: job.error, progress: job.progress });
  cache.setQueryData<Optimisation>(keys.optimisation(job.id), (known) => known && change(known));
  if (job.status !== "done" && job.status !== "failed" && job.status !== "cancelled") return;
  void cache.invalidateQueries({ queryKey: keys.optimisation(job.id) });
  void cache.invalidateQueries({ queryKey: keys.optimisations });
}

/** Whether it was news. Only what somebody looks at, or looked at lately, is kept beside the list. */
function applyBot(cache: QueryClient, bot: Bot, orders: Order[] | null, known: Bot | undefined): boolean {
  if (known && bot.revision <= known.revision) return false;
  if (cache.getQueryState(keys.bot(bot.id))) cache.setQueryData(keys.bot(bot.id), bot);
  if (cache.getQueryState(keys.orders(bot.id))) {
    if (orders) cache.setQueryData<List<Order>>(keys.orders(bot.id), { items: orders, next: null });
    else void cache.invalidateQueries({ queryKey: keys.orders(bot.id) });
  }
  if (!known || bot.revision > known.revision + 1) rereadLists(cache, bot.id);
  return true;
}

function replaced(items: Bot[], changed: ReadonlyMap<string, Bot>): Bot[] {
  const here = new Set(items.map((item) => item.id));
  return [...[...changed.values()].filter((bot) => !here.has(bot.id)), ...items.map((item) => changed.get(item.id) ?? item)];
}

function prepend<T extends { id: string }>(cache: QueryClient, key: readonly unknown[], item: T): void {
  cache.setQueryData<List<T>>(key, (list) => {
    if (!list || list.items.some((known) => known.id === item.id)) return list;
    return { ...list, items: [item, ...list.items] };
  });
}

/** Many gaps in a row cost one read. */
function rereadLists(cache: QueryClient, bot: string): void {
  clearTimeout(rereads.get(bot));
  rereads.set(
    bot,
    setTimeout(() => {
      rereads.delete(bot);
      void cache.invalidateQueries({ queryKey: keys.fills(bot) });
      void cache.invalidateQueries({ queryKey: keys.events(bot) });
      void cache.invalidateQueries({ queryKey: keys.equity(bot) });
    }, REREAD_MS),
  );
}

export function readAgain(cache: QueryClient): void {
  void cache.invalidateQueries({ queryKey: keys.bots });
  void cache.invalidateQueries({ queryKey: keys.anyBot });
  void cache.invalidateQueries({ queryKey: keys.accounts });
  void cache.invalidateQueries({ queryKey: keys.backtests });
  void cache.invalidateQueries({ queryKey: ["backtest"] });
  void cache.invalidateQueries({ queryKey: keys.optimisations });
  void cache.invalidateQueries({ queryKey: ["optimisation"] });
}
