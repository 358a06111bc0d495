/** Which candles a backtest or a search reads. */
import type { Account, BacktestCreate } from "@/api/types";

export const DAYS = [1, 7, 30, 90] as const;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export function sourceOf(account: Account): BacktestCreate["source"] {
  if (account.market === "simulated") return { kind: "simulated" };
  return account.market === "replay" ? { kind: "replay", account_id: account.id } : { kind: "exchange", exchange: account.market };
}

/** Whole minutes, ending with the last closed candle. */
export function lastDays(days: number): { first: string; last: string } {
  const last = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  return { first: new Date(last - days * DAY_MS).toISOString(), last: new Date(last).toISOString() };
}
