"use client";
/** Equity over time: a baseline at zero for PnL, so profit and loss part at a glance; below it, how far it is from its best. */
import { AreaSeries, BaselineSeries, ColorType, createChart, type IChartApi, type ISeriesApi, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef } from "react";
import { useSettings } from "@/lib/settings";
import { BandPrimitive } from "./band";
import { chartColors, fade } from "./theme";
import { axisTime, crosshairTime } from "./time-axis";

export type EquityDot = { at: string; value: string };
export type BandDot = { at: string; low: string; high: string };

type Props = { label: string; points: readonly EquityDot[]; height?: number; drawdown?: boolean; band?: readonly BandDot[] };
type Parts = { chart: IChartApi; series: ISeriesApi<"Baseline">; below: ISeriesApi<"Area"> | null; band: BandPrimitive };

const NO_BAND: readonly BandDot[] = [];

export default function EquityChart({ label, points, height = 220, drawdown, band = NO_BAND }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const parts = useRef<Parts | null>(null);
  const { theme, palette, zone } = useSettings();

  useEffect(() => {
    if (!box.current) return;
    const colors = chartColors();
    const chart = createChart(box.current, {
      autoSize: true,
      layout: { background: { type: ColorType.Solid, color: colors.bg }, textColor: colors.text, fontFamily: '"Inter Variable", sans-serif', fontSize: 11, attributionLogo: true, panes: { separatorColor: colors.line, enableResize: false } },
      grid: { vertLines: { visible: false }, horzLines: { color: fade(colors.line, 0.6) } },
      rightPriceScale: { borderColor: colors.line },
      timeScale: { borderColor: colors.line, timeVisible: true, tickMarkFormatter: axisTime },
      localization: { timeFormatter: crosshairTime },
    });
    const series = chart.addSeries(BaselineSeries, {
      baseValue: { type: "price", price: 0 },
      topLineColor: colors.up,
      topFillColor1: fade(colors.up, 0.25),
      topFillColor2: fade(colors.up, 0.02),
      bottomLineColor: colors.down,
      bottomFillColor1: fade(colors.down, 0.02),
      bottomFillColor2: fade(colors.down, 0.25),
      lineWidth: 2,
      priceLineVisible: false,
    });
    const made = new BandPrimitive(fade(colors.accent, 0.16));
    series.attachPrimitive(made);
    parts.current = { chart, series, below: drawdown ? belowOf(chart, colors.down) : null, band: made };
    return () => {
      parts.current = null;
      chart.remove();
    };
  }, [theme, palette, zone, drawdown]);

  useEffect(() => {
    const { chart, series, below } = parts.current ?? {};
    if (!chart || !series) return;
    const shown = rows(points);
    const priceFormat = formatOf(shown);
    series.applyOptions({ priceFormat });
    below?.applyOptions({ priceFormat });
    series.setData(shown);
    below?.setData(fromBest(shown));
    chart.timeScale().fitContent();
  }, [points, theme, palette, zone, drawdown]);

  useEffect(() => {
    const seconds = (at: string) => Math.floor(Date.parse(at) / 1000) as UTCTimestamp;
    parts.current?.band.set(band.map((dot) => ({ time: seconds(dot.at), low: Number(dot.low), high: Number(dot.high) })));
  }, [band, points, theme, palette, zone, drawdown]);

  return <div ref={box} role="group" aria-label={label} style={{ height }} className="w-full" />;
}

function belowOf(chart: IChartApi, color: string): ISeriesApi<"Area"> {
  const series = chart.addSeries(AreaSeries, { lineColor: color, topColor: fade(color, 0.05), bottomColor: fade(color, 0.35), lineWidth: 1, priceLineVisible: false, invertFilledArea: true }, 1);
  chart.panes()[1]?.setStretchFactor(0.35);
  return series;
}

/** Digits enough to tell the curve's ends apart: profit counted in coins lives behind the comma. */
export function formatOf(shown: readonly { value: number }[]): { type: "price"; precision: number; minMove: number } {
  const most = Math.max(0, ...shown.map(({ value }) => Math.abs(value)));
  const precision = most === 0 || most >= 1 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(most)));
  return { type: "price", precision, minMove: 10 ** -precision };
}

/** How far below its best so far: never above zero. */
export function fromBest<T extends { value: number }>(shown: readonly T[]): T[] {
  let best = 0;
  return shown.map((row) => {
    best = Math.max(best, row.value);
    return { ...row, value: row.value - best };
  });
}

/** One value per second at most, rising: what the library demands. */
function rows(points: readonly EquityDot[]) {
  const bySecond = new Map<number, number>();
  for (const { at, value } of points) bySecond.set(Math.floor(new Date(at).getTime() / 1000), Number(value));
  return [...bySecond].sort(([a], [b]) => a - b).map(([time, value]) => ({ time: time as UTCTimestamp, value }));
}
