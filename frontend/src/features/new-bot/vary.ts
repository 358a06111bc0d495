/** Which settings can be varied, and between which values one would look. */
import type { Values } from "@/forms/config";
import type { FieldSpec } from "@/forms/spec";
import { isDecimal, parseTyped, product, signOf, trimZeros } from "@/lib/money";

export type Variable = { field: string; whole: boolean; low: string; high: string; unit?: string };

/** Numbers of the plan above zero, each within half and one and a half of its value; the range's ends outwards, and after the others. */
export function variablesOf(fields: FieldSpec[], config: Values): Variable[] {
  return fields.flatMap((field) => {
    if (field.kind !== "decimal" && field.kind !== "whole") return [];
    const value = config[field.name];
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || !isDecimal(text) || signOf(text) <= 0 || FIXED.has(field.name)) return [];
    const whole = field.kind === "whole";
    const [least, most] = ENDS[field.name] ?? ["0.5", "1.5"];
    const [low, high] = [product(text, least), product(text, most)];
    return [{ field: field.name, unit: field.unit, whole, low: whole ? wholeUp(low) : trimZeros(low), high: whole ? wholeUp(high) : trimZeros(high) }];
  }).sort((a, b) => (a.field in ENDS ? 1 : 0) - (b.field in ENDS ? 1 : 0));
}

const ENDS: Record<string, readonly [string, string]> = { low: ["0.9", "1"], high: ["1", "1.1"] };

/** How much money there is, and when a bot stops by itself, are not settings to search for. */
const FIXED = new Set(["investment", "funds_quote", "funds_base", "margin", "reserve_pct", "stop_below_price", "stop_above_price", "max_deals"]);

function wholeUp(value: string): string {
  return value.includes(".") ? String(parseInt(value, 10) + 1) : value;
}

/** "20, 40 60" as the overrides of one setting, in its own kind; null when one of them is no number. */
export function variantsOf(variable: Variable, typed: string): Record<string, string | number>[] | null {
  const words = typed.split(/[\s;]+|,(?=\s|$)/).filter(Boolean);
  const values = words.map(parseTyped);
  if (values.some((value) => value === null || (variable.whole && value.includes(".")))) return null;
  return [...new Set(values as string[])].map((value) => ({ [variable.field]: variable.whole ? parseInt(value, 10) : value }));
}
