/** What may vary in a search, and what of an edit is a change. */
import { describe, expect, test } from "vitest";
import { fromBest } from "@/charts/equity-chart";
import { heatOf } from "@/charts/heat";
import { variablesOf, variantsOf } from "@/features/new-bot/vary";
import { changesOf } from "@/forms/config";
import type { FieldSpec } from "@/forms/spec";
import { product, quotient } from "@/lib/money";

const common = { required: false, nullable: true };
const FIELDS: FieldSpec[] = [
  { ...common, name: "cells", kind: "whole", bounds: {} },
  { ...common, name: "step_pct", kind: "decimal", bounds: {} },
  { ...common, name: "investment", kind: "decimal", bounds: {} },
  { ...common, name: "trailing", kind: "switch", default: false },
];

describe("settings to vary", () => {
  test("are the numbers of the plan, but not how much money there is", () => {
    expect(variablesOf(FIELDS, { cells: 21, step_pct: "0.5", investment: "1000" })).toEqual([
      { field: "cells", whole: true, low: "11", high: "32" },
      { field: "step_pct", whole: false, low: "0.25", high: "0.75" },
    ]);
  });
  test("the range's ends come last, and only move outwards", () => {
    const ends: FieldSpec[] = ["low", "high"].map((name) => ({ ...common, name, kind: "decimal", bounds: {}, unit: "price" }));
    expect(variablesOf([...ends, ...FIELDS], { low: "100", high: "200", cells: 20 })).toEqual([
      { field: "cells", whole: true, low: "10", high: "30" },
      { field: "low", unit: "price", whole: false, low: "90", high: "100" },
      { field: "high", unit: "price", whole: false, low: "200", high: "220" },
    ]);
  });
  test("become overrides of their own kind, each once", () => {
    const [cells, step] = variablesOf(FIELDS, { cells: 20, step_pct: "0.5" });
    expect(variantsOf(cells!, "10 30, 30")).toEqual([{ cells: 10 }, { cells: 30 }]);
    expect(variantsOf(step!, "0.4 0.6")).toEqual([{ step_pct: "0.4" }, { step_pct: "0.6" }]);
    expect(variantsOf(cells!, "10.5")).toBeNull();
    expect(variantsOf(cells!, "many")).toBeNull();
  });
});

describe("an edit", () => {
  test("holds only what differs; the same number written otherwise does not", () => {
    const before = { cells: 20, step_pct: "0.50", trailing: false };
    expect(changesOf(FIELDS, before, { cells: 20, step_pct: "0.5", trailing: false })).toEqual({});
    expect(changesOf(FIELDS, before, { cells: 24, step_pct: "0.5", trailing: true })).toEqual({ cells: 24, trailing: true });
  });
  test("says null for what was emptied", () => {
    expect(changesOf(FIELDS, { step_pct: "0.5" }, {})).toEqual({ step_pct: null });
  });
});

test("a drawdown is measured from the best so far, never above zero", () => {
  const values = [1, 4, 2, 5, 5, 3].map((value) => ({ value }));
  expect(fromBest(values).map((one) => one.value)).toEqual([0, 0, -2, 0, 0, -2]);
});

test("heat runs from the worst loss to the best gain around zero", () => {
  expect(["-5", "0", "10"].map((value) => heatOf(value, ["-5", "0", "10"]))).toEqual([-0.5, 0, 1]);
});

test("products are exact, quotients are cut", () => {
  expect(product("0.1", "-0.02")).toBe("-0.002");
  expect(quotient("1", "3", 4)).toBe("0.3333");
  expect(quotient("-1", "3", 2)).toBe("-0.33");
  expect(quotient("1", "0", 4)).toBeNull();
});
