/** What the bots' money is in: exact sums by market, strategy or account, the largest first. */
import type { PortfolioBot } from "@/api/types";
import { baseOf } from "@/features/bots/words";
import { compare, product, quotient, signOf, sum } from "@/lib/money";

export const WAYS = ["market", "strategy", "account"] as const;
export type Way = (typeof WAYS)[number];
export type Slice = { name: string; value: string; share: string; bots: number };

const OVER = new Set<PortfolioBot["status"]>(["draft", "stopped", "finished"]);

const NAMES: Record<Way, (bot: PortfolioBot) => string> = { market: (bot) => baseOf(bot.symbol), strategy: (bot) => bot.strategy, account: (bot) => bot.account_id };

/** Bots of one world and currency; what has ended holds nothing any more. */
export function allocation(bots: readonly PortfolioBot[], way: Way): Slice[] {
  const groups = new Map<string, string[]>();
  for (const bot of bots) {
    if (OVER.has(bot.status) || signOf(bot.value) <= 0) continue;
    const name = NAMES[way](bot);
    groups.set(name, [...(groups.get(name) ?? []), bot.value]);
  }
  const whole = sum([...groups.values()].flat());
  return [...groups]
    .map(([name, values]) => ({ name, value: sum(values), bots: values.length, share: quotient(product(sum(values), "100"), whole, 2) ?? "0" }))
    .sort((a, b) => compare(b.value, a.value));
}
