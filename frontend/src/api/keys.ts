/** Names of what is cached. */
export const keys = {
  me: ["me"] as const,
  bots: ["bots"] as const,
  anyBot: ["bot"] as const,
  bot: (id: string) => ["bot", id] as const,
  orders: (id: string) => ["bot", id, "orders"] as const,
  fills: (id: string) => ["bot", id, "fills"] as const,
  events: (id: string) => ["bot", id, "events"] as const,
  equity: (id: string) => ["bot", id, "equity"] as const,
  accounts: ["accounts"] as const,
  markets: (source: string) => ["markets", source] as const,
  candles: (source: string, symbol: string, timeframe: string) => ["candles", source, symbol, timeframe] as const,
  strategies: ["strategies"] as const,
  preview: (plan: unknown) => ["preview", plan] as const,
};
