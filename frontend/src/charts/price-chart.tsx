"use client";
/** A line of prices with the trades on it: for candles of the past, of which only the kept points are at hand. */
import { ColorType, createChart, createSeriesMarkers, LineSeries, type IChartApi, type ISeriesApi, type ISeriesMarkersPluginApi, type SeriesMarker, type Time, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef } from "react";
import { useSettings } from "@/lib/settings";
import { chartColors, fade } from "./theme";
import { axisTime, crosshairTime } from "./time-axis";

export type PriceDot = { at: string; price: string };
export type TradeMark = { at: string; side: string; price: string };

type Parts = { chart: IChartApi; series: ISeriesApi<"Line">; marks: ISeriesMarkersPluginApi<Time> };

export default function PriceChart({ label, points, trades, height = 260 }: { label: string; points: readonly PriceDot[]; trades: readonly TradeMark[]; height?: number }) {
  const box = useRef<HTMLDivElement>(null);
  const parts = useRef<Parts | null>(null);
  const { theme, palette, zone } = useSettings();

  useEffect(() => {
    if (!box.current) return;
    const colors = chartColors();
    const chart = createChart(box.current, {
      autoSize: true,
      layout: { background: { type: ColorType.Solid, color: colors.bg }, textColor: colors.text, fontFamily: '"Inter Variable", sans-serif', fontSize: 11, attributionLogo: true },
      grid: { vertLines: { visible: false }, horzLines: { color: fade(colors.line, 0.6) } },
      rightPriceScale: { borderColor: colors.line },
      timeScale: { borderColor: colors.line, timeVisible: true, tickMarkFormatter: axisTime },
      localization: { timeFormatter: crosshairTime },
    });
    const series = chart.addSeries(LineSeries, { color: colors.accent, lineWidth: 1, priceLineVisible: false });
    parts.current = { chart, series, marks: createSeriesMarkers(series, []) };
    return () => {
      parts.current = null;
      chart.remove();
    };
  }, [theme, palette, zone]);

  useEffect(() => {
    const { chart, series, marks } = parts.current ?? {};
    if (!chart || !series || !marks) return;
    const rows = lineOf(points);
    series.setData(rows);
    marks.setMarkers(marksOf(trades, rows.map((row) => row.time)));
    chart.timeScale().fitContent();
  }, [points, trades, theme, palette, zone]);

  return <div ref={box} role="group" aria-label={label} style={{ height }} className="w-full" />;
}

/** One value per second at most, rising: what the library demands. */
function lineOf(points: readonly PriceDot[]) {
  const bySecond = new Map<number, number>();
  for (const { at, price } of points) bySecond.set(Math.floor(Date.parse(at) / 1000), Number(price));
  return [...bySecond].sort(([a], [b]) => a - b).map(([time, value]) => ({ time: time as UTCTimestamp, value }));
}

/** A trade sits at the last point before it, at its own price. */
function marksOf(trades: readonly TradeMark[], times: readonly number[]): SeriesMarker<Time>[] {
  const colors = chartColors();
  return trades
    .flatMap((trade): SeriesMarker<Time>[] => {
      const time = lastBefore(times, Math.floor(Date.parse(trade.at) / 1000));
      if (time === null) return [];
      const buy = trade.side === "buy";
      return [{ time: time as UTCTimestamp, position: buy ? "atPriceBottom" : "atPriceTop", price: Number(trade.price), shape: buy ? "arrowUp" : "arrowDown", color: buy ? colors.up : colors.down, size: 0.7 }];
    })
    .sort((a, b) => Number(a.time) - Number(b.time));
}

function lastBefore(times: readonly number[], at: number): number | null {
  let low = 0;
  let high = times.length - 1;
  if (high < 0 || at < (times[0] ?? 0)) return null;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((times[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return times[low] ?? null;
}
