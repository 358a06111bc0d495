"use client";
import { BacktestPage } from "@/features/backtests/backtest-page";

export default function Page() {
  return <BacktestPage />;
}
