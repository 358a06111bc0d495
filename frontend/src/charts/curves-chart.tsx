"use client";
/** Several curves in one picture, to see them beside each other; which is which is said by the legend under it. */
import { ColorType, createChart, LineSeries, type IChartApi, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef } from "react";
import { useSettings } from "@/lib/settings";
import { formatOf, type EquityDot } from "./equity-chart";
import { chartColors, fade } from "./theme";
import { axisTime, crosshairTime } from "./time-axis";

export type Curve = { name: string; color: string; points: readonly EquityDot[] };

export default function CurvesChart({ label, curves, height = 260 }: { label: string; curves: readonly Curve[]; height?: number }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<IChartApi | null>(null);
  const { theme, palette, zone } = useSettings();

  useEffect(() => {
    if (!box.current) return;
    const colors = chartColors();
    const made = createChart(box.current, {
      autoSize: true,
      layout: { background: { type: ColorType.Solid, color: colors.bg }, textColor: colors.text, fontFamily: '"Inter Variable", sans-serif', fontSize: 11, attributionLogo: true },
      grid: { vertLines: { visible: false }, horzLines: { color: fade(colors.line, 0.6) } },
      rightPriceScale: { borderColor: colors.line },
      timeScale: { borderColor: colors.line, timeVisible: true, tickMarkFormatter: axisTime },
      localization: { timeFormatter: crosshairTime },
    });
    chart.current = made;
    return () => {
      chart.current = null;
      made.remove();
    };
  }, [theme, palette, zone]);

  useEffect(() => {
    const made = chart.current;
    if (!made) return;
    const series = curves.map(({ color, points }) => {
      const line = made.addSeries(LineSeries, { color, lineWidth: 2, priceLineVisible: false, lastValueVisible: false, priceFormat: formatOf(points.map(({ value }) => ({ value: Number(value) }))) });
      line.setData(rowsOf(points));
      return line;
    });
    made.timeScale().fitContent();
    return () => {
      if (chart.current === made) for (const line of series) made.removeSeries(line);
    };
  }, [curves, theme, palette, zone]);

  return <div ref={box} role="group" aria-label={label} style={{ height }} className="w-full" />;
}

function rowsOf(points: readonly EquityDot[]) {
  const bySecond = new Map(points.map(({ at, value }) => [Math.floor(Date.parse(at) / 1000), Number(value)]));
  return [...bySecond].sort(([a], [b]) => a - b).map(([time, value]) => ({ time: time as UTCTimestamp, value }));
}
