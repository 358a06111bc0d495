"use client";
/** A run's trades on the candles it traded; where the candles cannot be had any more, on the prices that were kept. */
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useRangeCandles } from "@/api/queries/market";
import type { Backtest, BacktestFill, RunView } from "@/api/types";
import type { ChartMark } from "@/charts/candle-chart";
import { CandleChart, PriceChart } from "@/charts/lazy";
import { Panel } from "@/ui/panel";
import { fittingTimeframe } from "./timeframe";

const HEIGHT = 340;

type Props = { job: Backtest; run: RunView; fills: readonly BacktestFill[]; prices: readonly { at: string; price: string }[] };

export function RunCandles({ job, run, fills, prices }: Props) {
  const t = useTranslations("backtests");
  const range = job.ranges[run.range ?? 0] ?? null;
  const timeframe = range ? fittingTimeframe(Date.parse(range.first), Date.parse(range.last)) : "1h";
  const candles = useRangeCandles(job.source, job.symbol, timeframe, range);
  const marks = useMemo<ChartMark[]>(() => fills.map(({ at, side, price }) => ({ at, price, side: side === "sell" ? "sell" : "buy" })), [fills]);
  const items = candles.data?.items ?? [];
  const gone = candles.isError || (candles.isSuccess && items.length < 2);
  if (gone && prices.length < 2) return null;
  return (
    <Panel title={t("onPrice")} flush actions={<span className="num text-xs text-muted">{gone ? "" : timeframe}</span>}>
      {gone ? <PriceChart label={t("onPrice")} points={prices} trades={fills} height={HEIGHT} /> : <CandleChart label={t("onPrice")} candles={items} marks={marks} height={HEIGHT} whole />}
    </Panel>
  );
}
