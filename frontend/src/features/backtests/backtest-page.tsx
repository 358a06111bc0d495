"use client";
import { lazy, Suspense } from "react";
import { useNav } from "@/lib/nav";
import { Loading } from "@/ui/states";
import { BacktestsScreen } from "./backtests-screen";

const BacktestScreen = lazy(() => import("./backtest-screen"));
const OptimisationScreen = lazy(() => import("./optimisation-screen"));

export function BacktestPage() {
  const nav = useNav();
  const id = nav.param("id");
  const search = nav.param("search");
  if (!id && !search) return <BacktestsScreen />;
  return (
    <Suspense fallback={<Loading rows={8} />}>
      {search ? <OptimisationScreen key={search} id={search} /> : <BacktestScreen key={id} id={id ?? ""} />}
    </Suspense>
  );
}
