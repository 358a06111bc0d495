// @vitest-environment jsdom
/** A line of the "why" log says its cause and its orders in words, a long list in short, and leaves out what only a file needs. */
import { cleanup, render } from "@testing-library/react";
import { IntlProvider } from "use-intl";
import { afterEach, expect, test } from "vitest";
import { useEventParams } from "@/features/bots/event-params";
import words from "@/i18n/en.json";

afterEach(cleanup);

function Line({ code, params }: { code: string; params: Record<string, string> }) {
  return <p>{useEventParams()({ code, params })}</p>;
}

function said(code: string, params: Record<string, string>): string {
  const { container } = render(
    <IntlProvider locale="en" messages={words}>
      <Line code={code} params={params} />
    </IntlProvider>,
  );
  return container.textContent;
}

test("orders name their cause, and of many the first three", () => {
  const placed = ["L1", "L2", "L3", "L4", "L5"].map((leg) => `${leg} buy 0.01 at 95 #0a1b2c3d`).join(", ");
  const text = said("orders", { cause: "fill", filled: "INIT buy 0.05 at 100", trade: "t-1", price: "100", placed });
  expect(text).toBe("because of a fill · filled: INIT buy 0.05 at 100 · at 100 · placed: L1 buy 0.01 at 95, L2 buy 0.01 at 95, L3 buy 0.01 at 95 and 2 more");
});

test("a command says what came with it, and who gave it only where the cause does not", () => {
  const word = { cause: "command", command: "stop", given: "close_mode=quote", command_id: "cmd_1" };
  expect(said("status", { status: "stopping", reason: "user", ...word })).toBe("Stopping · You asked for it · because of your command · Stop · sells everything");
  const guard = { cause: "guard", command: "pause", by: "portfolio_stop_loss", given: "keep_orders=true", guard: "drawdown_pct", value: "7.1", limit: "5" };
  expect(said("orders", guard)).toBe("because of a guard · Pause · The portfolio's stop · its orders stay · Drawdown · figure 7.1 · limit 5");
  expect(said("command_refused", { command: "edit", code: "too_many", field: "cells" })).toBe("Change settings · Too many · Cells");
});
