/** Which settings can be varied, and between which values one would look. */
import type { Values } from "@/forms/config";
import type { FieldSpec } from "@/forms/spec";
import { isDecimal, parseTyped, product, signOf, trimZeros } from "@/lib/money";

export type Variable = { field: string; whole: boolean; low: string; high: string };

/** Numbers of the plan above zero, each within half and one and a half of its value. */
export function variablesOf(fields: FieldSpec[], config: Values): Variable[] {
  return fields.flatMap((field) => {
    if (field.kind !== "decimal" && field.kind !== "whole") return [];
    const value = config[field.name];
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || !isDecimal(text) || signOf(text) <= 0 || FIXED.has(field.name)) return [];
    const whole = field.kind === "whole";
    const [low, high] = [product(text, "0.5"), product(text, "1.5")];
    return [{ field: field.name, whole, low: whole ? wholeUp(low) : trimZeros(low), high: whole ? wholeUp(high) : trimZeros(high) }];
  });
}

/** How much money there is is not a setting to search for. */
const FIXED = new Set(["investment", "funds_quote", "funds_base", "margin", "low", "high"]);

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
