/** Samples of twins, presets and shares, typed by the contract. */
import type { ParityReport, Preset, Share, Twin } from "@/api/types";
import { aBacktest } from "./more-samples";

const AT = "2026-03-01T12:00:00.000Z";

export function aTwin(change: Partial<Twin> = {}): Twin {
  return { bot_id: "bot_1", twin_id: "bot_2", account_id: "acc_2", created_at: AT, next_report_at: "2026-03-08T12:00:00Z", ...change };
}

export function aParity(change: Partial<ParityReport> = {}): ParityReport {
  return {
    bot_id: "bot_1",
    twin_id: "bot_2",
    since: AT,
    until: "2026-03-08T12:00:00Z",
    orders: 48,
    paired: 44,
    only_live: 3,
    only_paper: 1,
    price_drift_pct: "0.134",
    worst_price_drift_pct: "0.91",
    amount_drift_pct: "0",
    live_fee_pct: "0.1",
    paper_fee_pct: "0.1",
    fee_drift_pct: "0",
    delay_s: "1.4",
    live_total: "24.1",
    paper_total: "27.9",
    currency: "USDT",
    other_fees: { BNB: "0.0012" },
    drifts: ["price"],
    same_start: false,
    is_complete: true,
    ...change,
  };
}

export function aPreset(change: Partial<Preset> = {}): Preset {
  return { id: "ps_1", name: "Tight grid", strategy: "GRID", created_at: AT, config: { low: "61000", high: "67000", cells: 20, investment: "2500" }, ...change };
}

/** With the run of a backtest behind it. */
export function aProvenPreset(): Preset {
  const { best, ranges, source, symbol } = aBacktest();
  if (!best?.metrics || !ranges[0]) throw new Error("the sample has a run");
  return aPreset({ id: "ps_2", name: "Wide grid", backtest: { backtest_id: "bt_1", run: 0, at: AT, metrics: best.metrics, range: ranges[0], source, symbol, final_base: "0.03", final_quote: "2900" } });
}

export function aShare(change: Partial<Share> = {}): Share {
  return { id: "sh_1", kind: "bot", name: "Grid BTC", created_at: AT, expires_at: "2036-03-01T12:00:00Z", with_amounts: false, with_performance: true, ...change };
}
