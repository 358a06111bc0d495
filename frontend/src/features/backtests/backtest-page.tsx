"use client";
import { lazy, Suspense } from "react";
import { useNav } from "@/lib/nav";
import { Loading } from "@/ui/states";
import { BacktestsScreen } from "./backtests-screen";

const BacktestScreen = lazy(() => import("./backtest-screen"));

export function BacktestPage() {
  const id = useNav().param("id");
  if (!id) return <BacktestsScreen />;
  return (
    <Suspense fallback={<Loading rows={8} />}>
      <BacktestScreen key={id} id={id} />
    </Suspense>
  );
}
