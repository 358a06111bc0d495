"use client";
import { useTranslations } from "use-intl";
import type { Backtest } from "@/api/types";

/** Whose prices were traded: made-up ones always say so. */
export function useSourceText(): (source: Backtest["source"]) => string {
  const t = useTranslations("backtests");
  return ({ kind, exchange }) => {
    if (kind === "simulated") return t("sourceSimulated");
    return kind === "replay" ? t("sourceReplay") : t("sourceExchange", { exchange: exchange ?? "" });
  };
}
