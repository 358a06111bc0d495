/** Profit of many bots, added exactly; play money and real money, and different currencies, never meet in one sum. */
import type { Bot } from "@/api/types";
import type { WaterfallParts } from "@/features/bots/pnl-panel";
import { sum } from "@/lib/money";

export type Total = { mode: "PAPER" | "LIVE"; currency: string; bots: Bot[]; parts: WaterfallParts };

export function totalsOf(bots: readonly Bot[]): Total[] {
  const groups = new Map<string, Bot[]>();
  for (const bot of bots) {
    if (!bot.pnl) continue;
    const key = `${bot.exchange === "paper" ? "PAPER" : "LIVE"}|${bot.pnl.currency}`;
    groups.set(key, [...(groups.get(key) ?? []), bot]);
  }
  return [...groups].map(([key, members]) => {
    const [mode = "PAPER", currency = ""] = key.split("|");
    return { mode: mode as Total["mode"], currency, bots: members, parts: { ...addUp(members), currency } };
  });
}

function addUp(bots: Bot[]): Omit<WaterfallParts, "currency"> {
  const rows = bots.flatMap((bot) => (bot.pnl ? [bot.pnl] : []));
  const hodl = rows.map((row) => row.hodl).filter((value): value is string => typeof value === "string");
  return {
    cell_profit: sum(rows.map((row) => row.cell_profit)),
    inventory_pnl: sum(rows.map((row) => row.inventory_pnl)),
    fees: sum(rows.map((row) => row.fees)),
    funding: sum(rows.map((row) => row.funding)),
    total: sum(rows.map((row) => row.total)),
    hodl: hodl.length === rows.length ? sum(hodl) : null,
  };
}
