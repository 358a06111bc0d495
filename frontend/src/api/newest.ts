/**
 * An answer that was on its way while the feed spoke may be older than what is on screen. A bot's revision decides; orders have none, so
 * there what the feed said meanwhile stands.
 */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { Bot } from "./types";

export function newerBot(known: Bot | undefined, read: Bot): Bot {
  return known && known.id === read.id && known.revision > read.revision ? known : read;
}

/** Every bot of the list that was read, each as new as it is known. */
export function newerBots(known: readonly Bot[] | undefined, read: readonly Bot[]): Bot[] {
  const byId = new Map(known?.map((bot) => [bot.id, bot]));
  return read.map((bot) => newerBot(byId.get(bot.id), bot));
}

/** What `read` brings, unless the cache was written to while it was on its way. */
export async function unlessTold<T>(cache: QueryClient, key: QueryKey, read: () => Promise<T>): Promise<T> {
  const before = cache.getQueryState<T>(key)?.dataUpdateCount;
  const answer = await read();
  const now = cache.getQueryState<T>(key);
  return now?.data !== undefined && now.dataUpdateCount !== before ? now.data : answer;
}
