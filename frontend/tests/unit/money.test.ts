import { expect, test } from "vitest";
import { compare, formatAmount, formatDecimal, formatMoney, formatPercent, formatPrice, negate, parseTyped, round, sum, toStep, tone } from "@/lib/money";

test("digits beyond a float's reach survive", () => {
  expect(formatDecimal("12345678901234567890.123456789012345678")).toBe("12,345,678,901,234,567,890.123456789012345678");
  expect(sum(["0.1", "0.2", "-0.3"])).toBe("0");
  expect(sum(["9007199254740993.00000001", "0.00000001"])).toBe("9007199254740993.00000002");
});

test("a minus is a minus and nothing is never negative", () => {
  expect(formatMoney("-1234.5")).toBe("−1,234.50");
  expect(formatMoney("0", { sign: true })).toBe("0.00");
  expect(formatPercent("-0.001", { sign: true })).toBe("0.00");
  expect(tone("-0.00")).toBe("flat");
});

test("a small figure keeps the digits that say something", () => {
  expect(formatMoney("0.000012345")).toBe("0.00001235");
  expect(formatMoney("0.5")).toBe("0.5000");
});

test("prices line up on the market's tick", () => {
  expect(formatPrice("61381", "0.01")).toBe("61,381.00");
  expect(formatPrice("0.12345", "0.00001")).toBe("0.12345");
  expect(formatAmount("0.0041", 5)).toBe("0.00410");
  expect(formatAmount("0.00000122", 5)).toBe("0.00000122");
});

test("rounding is half away from zero", () => {
  expect(round("0.125", 2)).toBe("0.13");
  expect(round("-0.125", 2)).toBe("-0.13");
  expect(round("1", 3)).toBe("1.000");
});

test("a picked price lands on the tick", () => {
  expect(toStep("63610.9712345678", "0.01")).toBe("63610.97");
  expect(toStep("101.3", "0.25")).toBe("101.25");
  expect(toStep("101.4", "0.5")).toBe("101.5");
});

test("comparison knows neither length nor trailing zeros", () => {
  expect(compare("10", "9.99999999")).toBe(1);
  expect(compare("1.50", "1.5")).toBe(0);
  expect(compare("-2", "-1.9")).toBe(-1);
});

test.each([
  ["1,000.50", "1000.50"],
  [" 1 000 ", "1000"],
  [".5", "0.5"],
  ["5.", "5"],
  ["1e3", null],
  ["abc", null],
  ["", null],
  ["1.2.3", null],
])("typed %j becomes %j", (typed, value) => {
  expect(parseTyped(typed)).toBe(value);
});

test("comparison agrees with exact subtraction, whatever the digits", () => {
  const values = ["0", "-0", "0.0", "-0.000", "00.5", "0.5", "-0.5", "0.50", "1", "-1", "9.99", "10", "-10", "-9.99", "0.05", "-0.05", "0.049", "100.0001", "100.001", "12345678901234567890.1", "12345678901234567890.01", "-12345678901234567890.1"];
  for (const a of values) for (const b of values) expect([a, b, compare(a, b)]).toEqual([a, b, tone(sum([a, negate(b)])) === "flat" ? 0 : tone(sum([a, negate(b)])) === "positive" ? 1 : -1]);
});
