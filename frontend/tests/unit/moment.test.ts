// @vitest-environment jsdom
/** A date and time in a form: typed in the owner's zone, sent as one moment, the same in every zone. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { changesOf, configOf, defaultsOf, valuesOf } from "@/forms/config";
import { fieldsOf } from "@/forms/spec";
import { changeSettings } from "@/lib/settings";
import { instantOf, typedTime } from "@/lib/time";

const SCHEMA = { type: "object", properties: { stop_at: { anyOf: [{ type: "string", format: "date-time" }, { type: "null" }], default: null } } };
const fields = fieldsOf(SCHEMA);
const zone = process.env.TZ;

beforeEach(() => {
  process.env.TZ = "Europe/Berlin";
  changeSettings({ zone: "local" });
});
afterEach(() => {
  process.env.TZ = zone;
});

test("what is typed is a time of the owner's zone, in summer and in winter", () => {
  expect(instantOf("2027-07-31T18:30")).toBe(new Date(2027, 6, 31, 18, 30).toISOString().replace(".000Z", "Z"));
  for (const iso of ["2027-01-31T17:30:00Z", "2027-07-31T16:30:00Z"]) expect(instantOf(typedTime(iso))).toBe(iso);
  changeSettings({ zone: "UTC" });
  expect(instantOf("2027-07-31T18:30")).toBe("2027-07-31T18:30:00Z");
  expect(typedTime("2027-07-31T18:30:00+02:00")).toBe("2027-07-31T16:30");
});

test("a form takes it, sends it with its zone, and shows it again", () => {
  changeSettings({ zone: "UTC" });
  expect(fields.map(({ kind }) => kind)).toEqual(["moment"]);
  expect(configOf(fields, defaultsOf(fields))).toEqual({ config: {}, issues: [] });
  expect(configOf(fields, { stop_at: "2027-01-31T18:30" }).config).toEqual({ stop_at: "2027-01-31T18:30:00Z" });
  expect(configOf(fields, { stop_at: "soon" }).issues).toEqual([{ path: "stop_at", code: "not_a_date", params: {} }]);
  expect(valuesOf(fields, { stop_at: "2027-01-31T18:30:00+00:00" })).toEqual({ stop_at: "2027-01-31T18:30" });
});

test("the same moment written otherwise is no change", () => {
  expect(changesOf(fields, { stop_at: "2027-01-31T18:30:00+01:00" }, { stop_at: "2027-01-31T17:30:00Z" })).toEqual({});
  expect(changesOf(fields, { stop_at: "2027-01-31T18:30:00+01:00" }, { stop_at: "2027-01-31T18:30:00Z" })).toEqual({ stop_at: "2027-01-31T18:30:00Z" });
});
