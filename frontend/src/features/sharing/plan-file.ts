/** What a dropped file is: our own plan, or a bot as 3Commas' API shows it. The server says whether it is right. */
import type { components } from "@/api/schema";

type BotFile = components["schemas"]["BotFile"];
export type Plan = { kind: "own"; file: BotFile } | { kind: "3commas"; bot: Record<string, unknown> };

export function readPlan(text: string): Plan | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  const one: unknown = Array.isArray(raw) ? raw[0] : raw;
  if (typeof one !== "object" || one === null) return null;
  if ("format" in one && one.format === "tickwise-bot") return { kind: "own", file: one as BotFile };
  return "pairs" in one || "base_order_volume" in one ? { kind: "3commas", bot: one as Record<string, unknown> } : null;
}
