/** A bot's words and units, said the same everywhere. */
import type { Bot } from "@/api/types";
import type { Tone } from "@/ui/badge";

export const STATUS_TONES: Record<Bot["status"], Tone> = {
  draft: "plain",
  waiting: "accent",
  starting: "accent",
  active: "positive",
  paused: "warn",
  stopping: "warn",
  stopped: "plain",
  finished: "plain",
  error: "negative",
};

export const RUNNING: ReadonlySet<Bot["status"]> = new Set(["waiting", "starting", "active", "paused", "stopping", "error"]);

/** Of those, the ones that trade or are about to; a paused bot and one in error do not. */
export const TRADING: ReadonlySet<Bot["status"]> = new Set(["waiting", "starting", "active", "stopping"]);

export function baseOf(symbol: string): string {
  return symbol.split("/")[0] ?? symbol;
}

export function quoteOf(symbol: string): string {
  return (symbol.split("/")[1] ?? "").split(":")[0] ?? "";
}

export function isFuture(symbol: string): boolean {
  return symbol.includes(":");
}

export function mayStart(bot: Bot): boolean {
  return bot.status === "draft";
}

export function mayPause(bot: Bot): boolean {
  return bot.status === "active" || bot.status === "waiting";
}

export function mayResume(bot: Bot): boolean {
  return bot.status === "paused" || (bot.status === "error" && !isLost(bot));
}

/** Nothing can be told to a bot without its working state but to be made again. */
export function isLost(bot: Bot): boolean {
  return bot.status === "error" && bot.reason === "state_lost";
}

/** Its owner has asked for that, and it is under way. */
export function isBeingRebuilt(bot: Pick<Bot, "reason" | "reason_params">): boolean {
  return bot.reason === "state_lost" && bot.reason_params?.rebuilding_since !== undefined;
}

export function mayStop(bot: Bot): boolean {
  return bot.status !== "draft" && bot.status !== "stopping" && bot.status !== "stopped" && bot.status !== "finished" && !isLost(bot);
}

export function mayDelete(bot: Bot): boolean {
  return bot.status === "draft" || bot.status === "stopped" || bot.status === "finished";
}

/** Whatever runs, or should: its working state can be lost in each of these. */
export function mayRebuild(bot: Bot): boolean {
  return RUNNING.has(bot.status) && !isBeingRebuilt(bot);
}

/** Strategies that trade in rounds. */
export const DEALERS: ReadonlySet<Bot["strategy"]> = new Set(["DCA", "DCA_FUTURES"]);

export function mayEdit(bot: Bot): boolean {
  return bot.status === "draft" || bot.status === "active" || bot.status === "paused" || bot.status === "waiting";
}
