/**
 * From a strategy's JSON schema to the fields of a form. Rules:
 * 1. The schema is the only source of names, kinds, bounds and defaults; words come from en.json.
 * 2. Values in the form are text, switches, lists and groups; `config.ts` turns them into what the API takes.
 */

export type Json = Record<string, unknown>;

type Common = {
  name: string;
  required: boolean;
  nullable: boolean;
  default?: unknown;
  unit?: string;
  effect?: string;
  help?: string;
};

export type Bounds = { min?: string; max?: string; above?: string; below?: string };

export type FieldSpec =
  | (Common & { kind: "decimal" | "whole"; bounds: Bounds })
  | (Common & { kind: "switch" })
  | (Common & { kind: "text" })
  /** A date and time, typed in the owner's zone. */
  | (Common & { kind: "moment" })
  | (Common & { kind: "choice"; options: string[] })
  | (Common & { kind: "list"; item: FieldSpec[]; most?: number })
  | (Common & { kind: "group"; fields: FieldSpec[] })
  | (Common & { kind: "variant"; tag: string; variants: { value: string; fields: FieldSpec[] }[] });

export function fieldsOf(schema: Json): FieldSpec[] {
  return objectFields(schema, schema);
}

function objectFields(node: Json, root: Json): FieldSpec[] {
  const properties = (node.properties ?? {}) as Record<string, Json>;
  const required = new Set((node.required ?? []) as string[]);
  return Object.entries(properties).flatMap(([name, raw]) => {
    const spec = field(name, raw, root, required.has(name));
    return spec ? [spec] : [];
  });
}

function field(name: string, raw: Json, root: Json, required: boolean): FieldSpec | null {
  const { node, nullable } = unwrap(raw, root);
  const merged: Json = { ...node, ...without(raw, "anyOf", "allOf", "$ref", "oneOf") };
  const common: Common = {
    name,
    required,
    nullable,
    default: raw.default,
    unit: text(merged.unit),
    effect: text(merged.effect),
    help: text(raw.description),
  };
  if ("const" in node) return null;
  if (Array.isArray(node.enum)) return { ...common, kind: "choice", options: node.enum.map(String) };
  const union = (node.oneOf ?? node.anyOf) as Json[] | undefined;
  if (union) return variant(common, node, union, root);
  switch (node.type) {
    case "boolean":
      return { ...common, kind: "switch" };
    case "integer":
      return { ...common, kind: "whole", bounds: bounds(merged) };
    case "string":
      if (node.format === "decimal") return { ...common, kind: "decimal", bounds: bounds(merged) };
      return { ...common, kind: node.format === "date-time" ? "moment" : "text" };
    case "array":
      return { ...common, kind: "list", item: objectFields(resolve((node.items ?? {}) as Json, root), root), most: whole(node.maxItems) };
    case "object":
      return { ...common, kind: "group", fields: objectFields(node, root) };
    default:
      return null;
  }
}

function variant(common: Common, node: Json, union: Json[], root: Json): FieldSpec {
  const tag = text((node.discriminator as Json | undefined)?.propertyName) ?? "type";
  const variants = union.map((one) => {
    const branch = resolve(one, root);
    const mark = ((branch.properties as Record<string, Json> | undefined)?.[tag] ?? {}) as Json;
    return { value: String(mark.const ?? mark.default ?? ""), fields: objectFields(branch, root) };
  });
  return { ...common, kind: "variant", tag, variants };
}

/** Follow references and take "or null" apart. */
function unwrap(raw: Json, root: Json): { node: Json; nullable: boolean } {
  const node = resolve(raw, root);
  const options = node.anyOf as Json[] | undefined;
  if (!options) return { node, nullable: false };
  const real = options.filter((option) => option.type !== "null");
  if (real.length === 1 && real[0]) return { node: resolve(real[0], root), nullable: real.length < options.length };
  return { node: { ...node, anyOf: real }, nullable: real.length < options.length };
}

function resolve(node: Json, root: Json): Json {
  const all = node.allOf as Json[] | undefined;
  if (all?.length === 1 && all[0]) return { ...resolve(all[0], root), ...without(node, "allOf") };
  if (typeof node.$ref !== "string") return node;
  const name = node.$ref.split("/").at(-1) ?? "";
  const found = (root.$defs as Record<string, Json> | undefined)?.[name];
  return found ? resolve({ ...found, ...without(node, "$ref") }, root) : {};
}

function bounds(node: Json): Bounds {
  return {
    min: text(node.minimum),
    max: text(node.maximum),
    above: text(node.exclusiveMinimum),
    below: text(node.exclusiveMaximum),
  };
}

function without(node: Json, ...names: string[]): Json {
  return Object.fromEntries(Object.entries(node).filter(([name]) => !names.includes(name)));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function whole(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
