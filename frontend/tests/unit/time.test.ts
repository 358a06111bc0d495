import { expect, test } from "vitest";
import { formatDateTime } from "@/lib/time";

test("a time of another year says its year, one of this year does not", () => {
  const now = Date.UTC(2026, 5, 1);
  expect(formatDateTime("2026-03-15T12:00:00Z", now)).not.toContain("2026");
  expect(formatDateTime("2036-03-15T12:00:00Z", now)).toContain("15 Mar 2036");
  expect(formatDateTime("2025-12-15T12:00:00Z", now)).toContain("15 Dec 2025");
});
