"use client";
/**
 * Candles with levels, orders and fills. Rules:
 * 1. The chart is made once per mount; data, levels and markers are replaced in place.
 * 2. Prices become numbers here, at the pixels, and never travel back: a picked price leaves as text on the market's tick.
 */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef } from "react";
import { decimalsOf } from "@/lib/money";
import { useSettings } from "@/lib/settings";
import { draggable, type Handle } from "./drag";
import { LevelsPrimitive, type Level } from "./levels";
import { chartColors, fade, type ChartColors } from "./theme";
import { axisTime, crosshairTime } from "./time-axis";

export type Candle = readonly [number, string, string, string, string, string];
export type LineKind = "buy" | "sell" | "level" | "stop" | "target" | "average" | "even" | "liquidation" | "trail" | "entry";
/** `drag`: the name under which `onDrag` hears of the line being moved. */
export type ChartLine = { price: string; kind: LineKind; title?: string; labelled?: boolean; drag?: string };
export type ChartMark = { at: string; side: "buy" | "sell"; price: string; text?: string };

type Props = {
  label: string;
  candles: readonly Candle[];
  lines?: readonly ChartLine[];
  marks?: readonly ChartMark[];
  tick?: string | null;
  height?: number;
  onPick?: (price: string) => void;
  onDrag?: (name: string, price: string) => void;
  /** The first candles there are have come into view: there may be earlier ones. */
  onEarlier?: () => void;
  /** All candles at once, for a past that is over; otherwise the newest ones. */
  whole?: boolean;
};

/** So many candles before the first one is reached, earlier ones are asked for. */
const NEAR_START = 20;

type Parts = { chart: IChartApi; series: ISeriesApi<"Candlestick">; levels: LevelsPrimitive; marks: ISeriesMarkersPluginApi<Time> };

export default function CandleChart({ label, candles, lines = [], marks = [], tick, height = 420, onPick, onDrag, onEarlier, whole }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const parts = useRef<Parts | null>(null);
  const pick = useRef(onPick);
  const drag = useRef(onDrag);
  const earlier = useRef(onEarlier);
  const handles = useRef<readonly Handle[]>([]);
  const { theme, palette, zone } = useSettings();

  useEffect(() => {
    pick.current = onPick;
    drag.current = onDrag;
    earlier.current = onEarlier;
  }, [onPick, onDrag, onEarlier]);

  useEffect(() => {
    if (!box.current) return;
    const made = make(box.current);
    parts.current = made;
    made.chart.subscribeClick((event) => {
      const price = event.point ? made.series.coordinateToPrice(event.point.y) : null;
      if (price !== null && price > 0) pick.current?.(price.toFixed(10));
    });
    made.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < NEAR_START && made.series.data().length > 0) earlier.current?.();
    });
    const letGo = draggable(box.current, made.chart, made.series, () => (drag.current ? handles.current : []), (name, price) => drag.current?.(name, price.toFixed(10)));
    return () => {
      letGo();
      parts.current = null;
      made.chart.remove();
    };
  }, [theme, palette, zone]);

  useEffect(() => {
    const { series, chart } = parts.current ?? {};
    if (!series || !chart) return;
    const first = series.data().length === 0;
    const decimals = tick ? decimalsOf(tick) : 2;
    series.applyOptions({ priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals } });
    series.setData(candles.map(bar));
    if (whole) chart.timeScale().fitContent();
    else if (first && candles.length > 0) chart.timeScale().setVisibleLogicalRange({ from: Math.max(0, candles.length - 160), to: candles.length + 8 });
  }, [candles, tick, whole, theme, palette, zone]);

  useEffect(() => {
    handles.current = lines.flatMap(({ drag: name, price }) => (name ? [{ name, price: Number(price) }] : []));
    parts.current?.levels.set(lines.map((line) => level(line, chartColors(), tick)));
  }, [lines, tick, theme, palette, zone]);

  useEffect(() => {
    parts.current?.marks.setMarkers(markers(marks, candles, chartColors()));
  }, [marks, candles, theme, palette, zone]);

  return <div ref={box} role="group" aria-label={label} style={{ height }} className="w-full" />;
}

function make(element: HTMLElement): Parts {
  const colors = chartColors();
  const chart = createChart(element, {
    autoSize: true,
    layout: { background: { type: ColorType.Solid, color: colors.bg }, textColor: colors.text, fontFamily: '"Inter Variable", sans-serif', fontSize: 11, attributionLogo: true },
    grid: { vertLines: { color: fade(colors.line, 0.6) }, horzLines: { color: fade(colors.line, 0.6) } },
    rightPriceScale: { borderColor: colors.line, scaleMargins: { top: 0.08, bottom: 0.08 } },
    timeScale: { borderColor: colors.line, timeVisible: true, secondsVisible: false, tickMarkFormatter: axisTime, rightOffset: 6 },
    localization: { timeFormatter: crosshairTime },
    crosshair: { mode: CrosshairMode.Normal },
  });
  const series = chart.addSeries(CandlestickSeries, {
    upColor: colors.up,
    downColor: colors.down,
    wickUpColor: colors.up,
    wickDownColor: colors.down,
    borderVisible: false,
    priceLineColor: colors.muted,
  });
  const levels = new LevelsPrimitive(colors.bg);
  series.attachPrimitive(levels);
  return { chart, series, levels, marks: createSeriesMarkers(series, []) };
}

function bar([t, open, high, low, close]: Candle) {
  return { time: (t / 1000) as UTCTimestamp, open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
}

/** How each kind is drawn. Exits may be far away: they are named at the edge instead of squeezing the candles. */
const LOOKS: Record<LineKind, { color: (colors: ChartColors) => string; width: number; dashed?: boolean; far?: boolean }> = {
  buy: { color: ({ up }) => fade(up, 0.75), width: 1 },
  sell: { color: ({ down }) => fade(down, 0.75), width: 1 },
  level: { color: ({ accent }) => fade(accent, 0.5), width: 1 },
  stop: { color: ({ down }) => down, width: 2, dashed: true, far: true },
  target: { color: ({ up }) => up, width: 2, dashed: true, far: true },
  liquidation: { color: ({ down }) => down, width: 3, far: true },
  average: { color: ({ warn }) => warn, width: 2, far: true },
  even: { color: ({ warn }) => warn, width: 1, dashed: true, far: true },
  trail: { color: ({ text }) => text, width: 1, dashed: true, far: true },
  entry: { color: ({ accent }) => accent, width: 1, far: true },
};

function level(line: ChartLine, colors: ChartColors, tick?: string | null): Level {
  const { color, ...look } = LOOKS[line.kind];
  const price = Number(line.price);
  const label = price.toFixed(tick ? decimalsOf(tick) : 2);
  return { ...look, price, color: color(colors), title: line.title, label: line.labelled ? label : undefined, edge: line.title ? `${line.title} ${label}` : undefined };
}

/** A fill belongs to the candle it fell into; marks outside the candles shown are left out. */
function markers(marks: readonly ChartMark[], candles: readonly Candle[], colors: ChartColors): SeriesMarker<Time>[] {
  const starts = candles.map((candle) => candle[0]);
  if (starts.length === 0) return [];
  return marks
    .flatMap((mark): SeriesMarker<Time>[] => {
      const start = candleOf(starts, new Date(mark.at).getTime());
      if (start === null) return [];
      const buy = mark.side === "buy";
      return [
        {
          time: (start / 1000) as UTCTimestamp,
          position: buy ? "atPriceBottom" : "atPriceTop",
          price: Number(mark.price),
          shape: buy ? "arrowUp" : "arrowDown",
          color: buy ? colors.up : colors.down,
          size: 0.8,
          text: mark.text,
        },
      ];
    })
    .sort((a, b) => Number(a.time) - Number(b.time));
}

function candleOf(starts: number[], at: number): number | null {
  let low = 0;
  let high = starts.length - 1;
  if (at < (starts[0] ?? 0)) return null;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return starts[low] ?? null;
}
