// @vitest-environment jsdom
/** Why a bot rests is said with its figures: which guard it was, what it saw and its limit. */
import { cleanup, render } from "@testing-library/react";
import { IntlProvider } from "use-intl";
import { afterEach, expect, test } from "vitest";
import { useReasonText } from "@/features/bots/reason";
import words from "@/i18n/en.json";

afterEach(cleanup);

function Why({ reason, params }: { reason: string | null; params: Record<string, string> }) {
  return <p>{useReasonText()({ reason, reason_params: params })}</p>;
}

function said(reason: string | null, params: Record<string, string> = {}): string {
  const { container } = render(
    <IntlProvider locale="en" messages={words}>
      <Why reason={reason} params={params} />
    </IntlProvider>,
  );
  return container.textContent;
}

test("a guard is named with what it saw and its limit", () => {
  expect(said("guard", { guard: "daily_loss", value: "512.3", limit: "500", currency: "USDT" })).toBe("Guard on the loss of a day: 512.30 of 500 USDT");
  expect(said("guard", { guard: "drawdown_pct", value: "7.125", limit: "5" })).toBe("Guard on drawdown: 7.13 of 5 %");
  expect(said("portfolio_stop_loss", { guard: "stop_loss_pct", value: "6", limit: "5.5" })).toBe("The portfolio's stop: a loss of 6.00 of 5.5 %");
});

test("every kind of guard has its own words", () => {
  const kinds = Object.keys(words.guards).filter((name) => `${name}_text` in words.guards);
  expect(Object.keys(words.guardSaw).sort()).toEqual(kinds.sort());
});

test("a lost bot is to be rebuilt, is being made again, or cannot be", () => {
  expect(said("state_lost")).toContain("rebuild it");
  expect(said("state_lost", { rebuilding_since: "2026-01-01T00:00:00.000Z" })).toBe("Its working state was lost: it is being made again");
  expect(said("state_lost", { rebuild: "no_backup" })).toContain("no backup");
});

test("a start without the money names what was missing and the field to lower", () => {
  const params = { field: "investment", currency: "USDT", needed: "1000", available: "999.5" };
  expect(said("insufficient_funds", params)).toBe("Not enough funds: 1,000.00 USDT are needed and 999.50 are free. Lower the investment");
  expect(said("insufficient_funds")).toBe("Not enough funds");
});

test("a guard nobody knows the figures of is still said, and so is any other reason", () => {
  expect(said("guard")).toBe("A guard tripped");
  expect(said("guard", { guard: "moon_phase", value: "1", limit: "2" })).toBe("A guard tripped (guard moon_phase, value 1, limit 2)");
  expect(said("user")).toBe("You asked for it");
  expect(said(null)).toBe("");
});
