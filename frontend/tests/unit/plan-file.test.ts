import { expect, test } from "vitest";
import { readPlan } from "@/features/sharing/plan-file";

test("a file is told by what is in it", () => {
  expect(readPlan('{"format":"tickwise-bot","name":"x"}')?.kind).toBe("own");
  expect(readPlan('[{"pairs":["USDT_BTC"]}]')?.kind).toBe("3commas");
});

test.each(["not json", "3", "null", "{}", '{"format":"other"}'])("%s is neither", (text) => {
  expect(readPlan(text)).toBeNull();
});
