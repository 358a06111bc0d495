"use client";
/** The chart library arrives after the screen: figures first, pixels second. */
import { lazy, Suspense, type ComponentProps } from "react";
import type Candle from "./candle-chart";
import type Curves from "./curves-chart";
import type Equity from "./equity-chart";
import type Price from "./price-chart";

const LazyCandles = lazy(() => import("./candle-chart"));
const LazyCurves = lazy(() => import("./curves-chart"));
const LazyEquity = lazy(() => import("./equity-chart"));
const LazyPrice = lazy(() => import("./price-chart"));

function Hold({ height }: { height: number }) {
  return <div aria-hidden="true" className="w-full animate-pulse bg-raised/40" style={{ height }} />;
}

export function CandleChart(props: ComponentProps<typeof Candle>) {
  return (
    <Suspense fallback={<Hold height={props.height ?? 420} />}>
      <LazyCandles {...props} />
    </Suspense>
  );
}

export function EquityChart(props: ComponentProps<typeof Equity>) {
  return (
    <Suspense fallback={<Hold height={props.height ?? 220} />}>
      <LazyEquity {...props} />
    </Suspense>
  );
}

export function PriceChart(props: ComponentProps<typeof Price>) {
  return (
    <Suspense fallback={<Hold height={props.height ?? 260} />}>
      <LazyPrice {...props} />
    </Suspense>
  );
}

export function CurvesChart(props: ComponentProps<typeof Curves>) {
  return (
    <Suspense fallback={<Hold height={props.height ?? 260} />}>
      <LazyCurves {...props} />
    </Suspense>
  );
}
