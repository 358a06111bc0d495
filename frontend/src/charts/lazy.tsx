"use client";
/** The chart library arrives after the screen: figures first, pixels second. */
import { late } from "@/lib/late";

function hold(usual: number) {
  return function Hold({ height = usual }: { height?: number }) {
    return <div aria-hidden="true" className="w-full animate-pulse bg-raised/40" style={{ height }} />;
  };
}

export const CandleChart = late(() => import("./candle-chart"), hold(420));
export const EquityChart = late(() => import("./equity-chart"), hold(220));
export const PriceChart = late(() => import("./price-chart"), hold(260));
export const CurvesChart = late(() => import("./curves-chart"), hold(260));
