/** Which fields a person meets first, which belong together, and which only make sense with another one. */
import type { FieldSpec } from "@/forms/spec";
import type { Values } from "@/forms/config";

export const GROUPS = ["range", "size", "trailing", "exit", "start", "ending", "limits", "other"] as const;
export type Group = (typeof GROUPS)[number];

const FIRST: Record<string, readonly string[]> = {
  GRID: ["low", "high", "cells", "investment", "spacing", "stop_loss_price", "take_profit_price"],
  BTD: ["low", "high", "cells", "investment", "start_mode", "spacing"],
  COMBO: ["direction", "margin", "leverage", "levels", "grid_levels", "step_pct", "stop_loss_pct"],
  LOOP: ["investment", "order_count", "distance_pct", "low", "high"],
  DCA: ["direction", "base_order_size", "safety_order_size", "safety_orders", "step_pct", "take_profit_pct", "stop_loss_pct"],
  DCA_FUTURES: ["direction", "leverage", "base_order_margin", "safety_order_margin", "safety_orders", "step_pct", "take_profit_pct", "stop_loss_pct"],
};

const GROUP_OF: readonly [RegExp, Group][] = [
  [/^(stop_at|stop_below|stop_above|stop_close|max_deals)/, "ending"],
  [/^(trail|pump_guard)/, "trailing"],
  [/^(stop_loss|take_profit|trailing|break_even|after_stop|exit_coin|min_profit|close_)/, "exit"],
  [/^(start|min_price|max_price|cooldown)/, "start"],
  [/^(max_|equity_guard|missing|allow_|reserve|mmr)/, "limits"],
  [/^(low|high|cells|spacing|levels|grid_levels|step|distance|order_count|custom_ladder|safety)/, "range"],
  [/(investment|margin|funds|size|reinvest|leverage|risk)/, "size"],
];

type Needs = (values: Values) => boolean;

const NEEDS: Record<string, Needs> = {
  trail_up_limit: ({ trail_up }) => trail_up !== "off",
  trail_down_limit: ({ trail_down }) => trail_down !== "off",
  trail_up_budget: ({ trail_up }) => trail_up === "extend",
  trail_down_budget: ({ trail_down }) => trail_down === "extend",
  pump_guard: trails,
  pump_guard_pct: trails,
  pump_guard_fills: trails,
  pump_guard_s: trails,
  equity_guard_action: ({ equity_guard_pct }) => Boolean(equity_guard_pct),
  safety_conditions: ({ safety_trigger }) => safety_trigger === "indicators",
  stop_loss_of: hasStop,
  stop_loss_timeout_s: hasStop,
  trailing_stop: hasStop,
  after_stop_loss: hasStop,
  stop_close_mode: ({ stop_at, stop_below_price, stop_above_price, max_deals }) => Boolean(stop_at || stop_below_price || stop_above_price || max_deals),
  break_even_after_tp1: ({ take_profit_steps }) => Array.isArray(take_profit_steps) && take_profit_steps.length > 0,
};

function trails({ trail_up = "off", trail_down = "off" }: Values): boolean {
  return trail_up !== "off" || trail_down !== "off";
}

function hasStop({ stop_loss_pct }: Values): boolean {
  return Boolean(stop_loss_pct);
}

/** A field that means nothing now is neither shown nor sent. */
export function relevant(fields: FieldSpec[], values: Values): FieldSpec[] {
  return fields.filter(({ name }) => NEEDS[name]?.(values) ?? true);
}

export function layout(strategy: string, fields: FieldSpec[]): { first: FieldSpec[]; groups: { group: Group; fields: FieldSpec[] }[] } {
  const wanted = FIRST[strategy] ?? [];
  const first = [
    ...wanted.flatMap((name) => fields.filter((field) => field.name === name)),
    ...fields.filter((field) => field.required && !wanted.includes(field.name)),
  ];
  const rest = fields.filter((field) => !first.includes(field));
  const groups = GROUPS.map((group) => ({ group, fields: rest.filter((field) => groupOf(field.name) === group) }));
  return { first, groups: groups.filter((one) => one.fields.length > 0) };
}

function groupOf(name: string): Group {
  return GROUP_OF.find(([pattern]) => pattern.test(name))?.[1] ?? "other";
}
