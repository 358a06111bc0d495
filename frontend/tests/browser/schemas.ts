/** Strategies as the API lists them, with the shapes their schemas use: bounds, choices, nullable money, rows, variants. */
import type { Strategy } from "@/api/types";

const MONEY = { type: "string", format: "decimal", pattern: "^-?\\d+(\\.\\d+)?$" };
const orNull = (node: object, more: object = {}) => ({ anyOf: [node, { type: "null" }], default: null, ...more });

function ladder(): Strategy["json_schema"] {
  return {
    type: "object",
    $defs: { Now: { type: "object", properties: { type: { const: "now", default: "now", type: "string" } } } },
    properties: {
      low: { ...MONEY, unit: "price", exclusiveMinimum: "0" },
      high: { ...MONEY, unit: "price", exclusiveMinimum: "0" },
      cells: { type: "integer", minimum: 2, maximum: 500, unit: "cells" },
      spacing: { enum: ["geometric", "arithmetic"], default: "geometric", type: "string" },
      investment: { ...MONEY, unit: "quote", exclusiveMinimum: "0" },
      reserve_pct: { ...MONEY, unit: "%", minimum: "0", maximum: "5", default: "0.5" },
      trail_up: { enum: ["off", "shift", "extend"], default: "off", type: "string" },
      trail_up_limit: orNull(MONEY, { unit: "price" }),
      stop_loss_price: orNull(MONEY, { unit: "price" }),
    },
    required: ["low", "high", "cells", "investment"],
  };
}

function deals(): Strategy["json_schema"] {
  return {
    type: "object",
    $defs: { Rung: { type: "object", properties: { deviation_pct: { ...MONEY, unit: "%" }, size: { ...MONEY, unit: "quote" } }, required: ["deviation_pct", "size"] } },
    properties: {
      direction: { enum: ["long", "short"], default: "long", type: "string" },
      base_order_size: { ...MONEY, unit: "quote" },
      safety_orders: orNull({ type: "integer", minimum: 0, maximum: 100 }, { unit: "orders" }),
      take_profit_pct: orNull(MONEY, { unit: "%" }),
      custom_ladder: orNull({ type: "array", items: { $ref: "#/$defs/Rung" }, maxItems: 100 }),
    },
    required: ["base_order_size"],
  };
}

export function schemas(): Strategy[] {
  return [
    { name: "GRID", futures: false, json_schema: ladder() },
    { name: "DCA", futures: false, json_schema: deals() },
    { name: "DCA_FUTURES", futures: true, json_schema: deals() },
  ];
}
