"use client";
import { late } from "@/lib/late";
import { useNav } from "@/lib/nav";
import { Loading } from "@/ui/states";
import { BacktestsScreen } from "./backtests-screen";

const waiting = () => <Loading rows={8} />;
const BacktestScreen = late(() => import("./backtest-screen"), waiting);
const OptimisationScreen = late(() => import("./optimisation-screen"), waiting);

export function BacktestPage() {
  const nav = useNav();
  const id = nav.param("id");
  const search = nav.param("search");
  if (search) return <OptimisationScreen key={search} id={search} />;
  return id ? <BacktestScreen key={id} id={id} /> : <BacktestsScreen />;
}
