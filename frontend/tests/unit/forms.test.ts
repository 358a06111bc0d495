import { expect, test } from "vitest";
import { configOf, defaultsOf } from "@/forms/config";
import { fieldsOf, type FieldSpec } from "@/forms/spec";

const DECIMAL = { type: "string", format: "decimal", pattern: "^-?\\d+(\\.\\d+)?$" };

const SCHEMA = {
  $defs: {
    Now: { type: "object", properties: { type: { const: "now", default: "now", type: "string" } } },
    At: {
      type: "object",
      properties: { type: { const: "price", default: "price", type: "string" }, price: { ...DECIMAL, exclusiveMinimum: "0" } },
      required: ["price"],
    },
    Rung: { type: "object", properties: { deviation_pct: { ...DECIMAL, unit: "%" }, size: { ...DECIMAL, unit: "quote" } }, required: ["deviation_pct", "size"] },
  },
  type: "object",
  properties: {
    low: { ...DECIMAL, unit: "price", exclusiveMinimum: "0" },
    cells: { type: "integer", minimum: 2, maximum: 500, unit: "cells" },
    spacing: { enum: ["geometric", "arithmetic"], default: "geometric", type: "string" },
    stop: { anyOf: [DECIMAL, { type: "null" }], default: null, unit: "price" },
    guard: { anyOf: [{ type: "boolean" }, { type: "null" }], default: null },
    net: { type: "boolean", default: true },
    ladder: { anyOf: [{ type: "array", items: { $ref: "#/$defs/Rung" }, maxItems: 100 }, { type: "null" }], default: null },
    start: { oneOf: [{ $ref: "#/$defs/Now" }, { $ref: "#/$defs/At" }], discriminator: { propertyName: "type" }, default: { type: "now" } },
  },
  required: ["low", "cells"],
};

const fields = fieldsOf(SCHEMA);
const named = (name: string) => fields.find((field) => field.name === name) as FieldSpec;

test("every kind of field is recognised with its unit and bounds", () => {
  expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
    ["low", "decimal"],
    ["cells", "whole"],
    ["spacing", "choice"],
    ["stop", "decimal"],
    ["guard", "switch"],
    ["net", "switch"],
    ["ladder", "list"],
    ["start", "variant"],
  ]);
  expect(named("cells")).toMatchObject({ required: true, unit: "cells", bounds: { min: "2", max: "500" } });
  expect(named("stop")).toMatchObject({ nullable: true, required: false, unit: "price" });
});

test("defaults give a form; what stays empty is not sent", () => {
  const values = defaultsOf(fields);
  const { config, issues } = configOf(fields, { ...values, low: "1,000.5", cells: "20" });
  expect(issues).toEqual([]);
  expect(config).toEqual({ low: "1000.5", cells: 20, spacing: "geometric", net: true, start: { type: "now" } });
});

test("money is never a JSON number", () => {
  const { config } = configOf(fields, { ...defaultsOf(fields), low: "0.10000000000000000001", cells: "2" });
  expect(JSON.stringify(config)).toContain('"low":"0.10000000000000000001"');
});

test("lists and variants nest", () => {
  const { config, issues } = configOf(fields, {
    ...defaultsOf(fields),
    low: "1",
    cells: "2",
    ladder: [{ deviation_pct: "5", size: "100" }],
    start: { type: "price", price: "90" },
  });
  expect(issues).toEqual([]);
  expect(config.ladder).toEqual([{ deviation_pct: "5", size: "100" }]);
  expect(config.start).toEqual({ type: "price", price: "90" });
});

test("what is plainly wrong is said before a request, each at its field", () => {
  const { issues } = configOf(fields, { ...defaultsOf(fields), low: "0", cells: "2.5", ladder: [{ deviation_pct: "x", size: "" }] });
  expect(issues).toEqual([
    { path: "low", code: "out_of_range", params: { min: "0" } },
    { path: "cells", code: "not_a_number", params: {} },
    { path: "ladder.0.deviation_pct", code: "not_a_number", params: {} },
    { path: "ladder.0.size", code: "required", params: {} },
  ]);
});
