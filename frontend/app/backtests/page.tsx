"use client";
import { FormWords } from "@/i18n/form-words";
import { BacktestPage } from "@/features/backtests/backtest-page";

export default function Page() {
  return (
    <FormWords>
      <BacktestPage />
    </FormWords>
  );
}
