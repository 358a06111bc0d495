/**
 * Between what is typed and what the API takes. Rules:
 * 1. Money stays text; whole numbers become JSON integers; an empty optional field is left out, so the server's default holds.
 * 2. What is plainly wrong (not a number, out of the schema's bounds) is said before a request is made, with the server's own codes.
 */
import { compare, isDecimal, parseTyped } from "@/lib/money";
import { instantOf, typedTime } from "@/lib/time";
import type { Bounds, FieldSpec } from "./spec";

export type Values = Record<string, unknown>;
export type Issue = { path: string; code: string; params: Record<string, string> };

export function defaultsOf(fields: FieldSpec[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, startValue(field)]));
}

function startValue(field: FieldSpec): unknown {
  const given = field.default;
  switch (field.kind) {
    case "switch":
      return typeof given === "boolean" ? given : field.nullable ? "" : false;
    case "choice":
      return typeof given === "string" ? given : field.required || field.nullable ? "" : (field.options[0] ?? "");
    case "list":
      return Array.isArray(given) ? given : [];
    case "group":
      return { $on: !field.nullable, ...defaultsOf(field.fields) };
    case "variant": {
      const tag = typeof given === "object" && given !== null ? String((given as Values)[field.tag] ?? "") : field.nullable ? "" : (field.variants[0]?.value ?? "");
      return { ...Object.assign({}, ...field.variants.map((one) => defaultsOf(one.fields))), [field.tag]: tag };
    }
    default:
      return given === null || given === undefined ? "" : String(given);
  }
}

export function configOf(fields: FieldSpec[], values: Values): { config: Values; issues: Issue[] } {
  const issues: Issue[] = [];
  const config = objectOf(fields, values, "", issues);
  return { config, issues };
}

function objectOf(fields: FieldSpec[], values: Values, prefix: string, issues: Issue[]): Values {
  const out: Values = {};
  for (const field of fields) {
    const value = valueOf(field, values[field.name], prefix + field.name, issues);
    if (value !== undefined) out[field.name] = value;
  }
  return out;
}

function valueOf(field: FieldSpec, raw: unknown, path: string, issues: Issue[]): unknown {
  switch (field.kind) {
    case "switch":
      return raw === "" ? undefined : raw === true || raw === "true";
    case "decimal":
    case "whole":
      return numeric(field, typeof raw === "string" ? raw : String(raw ?? ""), path, issues);
    case "choice":
    case "text":
      if (raw === "" || raw === undefined || raw === null) return missing(field, path, issues);
      return String(raw);
    case "moment":
      return moment(field, typeof raw === "string" ? raw : "", path, issues);
    case "list": {
      const rows = Array.isArray(raw) ? raw : [];
      return rows.length === 0 ? missing(field, path, issues) : rows.map((row, index) => objectOf(field.item, row as Values, `${path}.${index}.`, issues));
    }
    case "group": {
      const group = (raw ?? {}) as Values;
      return group.$on === true ? objectOf(field.fields, group, `${path}.`, issues) : missing(field, path, issues);
    }
    case "variant": {
      const group = (raw ?? {}) as Values;
      const chosen = field.variants.find((one) => one.value === group[field.tag]);
      return chosen ? { [field.tag]: chosen.value, ...objectOf(chosen.fields, group, `${path}.`, issues) } : missing(field, path, issues);
    }
  }
}

function missing(field: FieldSpec, path: string, issues: Issue[]): undefined {
  if (field.required) issues.push({ path, code: "required", params: {} });
  return undefined;
}

function moment(field: FieldSpec, typed: string, path: string, issues: Issue[]): string | undefined {
  if (typed === "") return missing(field, path, issues);
  const instant = instantOf(typed);
  if (instant === null) issues.push({ path, code: "not_a_date", params: {} });
  return instant ?? undefined;
}

function numeric(field: Extract<FieldSpec, { kind: "decimal" | "whole" }>, typed: string, path: string, issues: Issue[]): string | number | undefined {
  if (typed.trim() === "") return missing(field, path, issues);
  const value = parseTyped(typed);
  if (value === null || (field.kind === "whole" && value.includes("."))) {
    issues.push({ path, code: "not_a_number", params: {} });
    return undefined;
  }
  if (!within(value, field.bounds)) {
    issues.push({ path, code: "out_of_range", params: shown(field.bounds) });
    return undefined;
  }
  return field.kind === "whole" ? parseInt(value, 10) : value;
}

function within(value: string, { min, max, above, below }: Bounds): boolean {
  const test = (bound: string | undefined, right: (sign: number) => boolean) => bound === undefined || !isDecimal(bound) || right(compare(value, bound));
  return test(min, (s) => s >= 0) && test(max, (s) => s <= 0) && test(above, (s) => s > 0) && test(below, (s) => s < 0);
}

function shown({ min, max, above, below }: Bounds): Record<string, string> {
  const out: Record<string, string> = {};
  const from = min ?? above;
  const to = max ?? below;
  if (from !== undefined) out.min = from;
  if (to !== undefined && to.length < 12) out.max = to;
  return out;
}

/** What differs from a stored configuration; an optional field that was emptied is sent as null. */
export function changesOf(fields: FieldSpec[], before: Values, after: Values): Values {
  const changes: Values = {};
  for (const { name, default: start } of fields) {
    const old = before[name] ?? start ?? null;
    const now = after[name] ?? start ?? null;
    if (!same(old, now)) changes[name] = now;
  }
  return changes;
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a === "string" && typeof b === "string" && isDecimal(a) && isDecimal(b)) return compare(a, b) === 0;
  if (isInstant(a) && isInstant(b)) return Date.parse(a) === Date.parse(b);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b || (a === null && b === "") || (a === "" && b === null);
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => same((a as Values)[name] ?? null, (b as Values)[name] ?? null));
}

/** The same moment is written with another zone, or with more digits. */
function isInstant(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
}

/** The form of a configuration that already exists (a backtest's, another bot's). */
export function valuesOf(fields: FieldSpec[], config: Values): Values {
  const values = defaultsOf(fields);
  for (const field of fields) if (config[field.name] !== undefined && config[field.name] !== null) values[field.name] = shownValue(field, config[field.name]);
  return values;
}

function shownValue(field: FieldSpec, given: unknown): unknown {
  switch (field.kind) {
    case "switch":
      return field.nullable ? String(given) : given === true;
    case "moment":
      return typedTime(String(given));
    case "list":
      return Array.isArray(given) ? given.map((row) => valuesOf(field.item, row as Values)) : [];
    case "group":
      return { ...valuesOf(field.fields, given as Values), $on: true };
    case "variant": {
      const tag = typeof given === "string" ? given : String((given as Values)[field.tag]);
      const branch = field.variants.find((one) => one.value === tag);
      const inner = typeof given === "object" && branch ? valuesOf(branch.fields, given as Values) : {};
      return { ...(startValue(field) as Values), ...inner, [field.tag]: tag };
    }
    default:
      return String(given);
  }
}
