"use client";
/** From an error's code to a sentence; the wording is en.json's. */
import { useCallback } from "react";
import { useTranslations } from "use-intl";
import { ApiError } from "@/api/client";
import { AuthError } from "@/auth/session";
import { formatFull } from "./time";

export function useErrorText(): (error: unknown) => string {
  const t = useTranslations("error");
  const code = useCodeText();
  return useCallback(
    (error: unknown) => {
      if (error instanceof AuthError) return code(error.code, {});
      if (error instanceof ApiError) {
        const first = error.findings[0];
        return first ? code(first.code, first.params) : code(error.code, error.params);
      }
      return t("unexpected");
    },
    [code, t],
  );
}

/** A moment in the owner's zone; everything else as it is. */
function shown(value: unknown): string {
  const text = String(value);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? formatFull(text) : text;
}

/** Codes whose figures are part of the sentence, and the figures they need. */
const SPOKEN: Record<string, readonly string[]> = {
  step_below_fees: ["step_pct", "needed_pct"],
  below_min_notional: ["level", "needed", "got"],
  out_of_range: ["min", "max"],
  price_outside_range: ["price", "low", "high"],
  same_market: ["bot"],
  symbol_busy: ["bot"],
  orders_cross: ["bot", "buy", "sell"],
  insufficient_funds: ["currency", "needed", "available"],
};

/** One code with its figures in words; an unknown code is shown as it is rather than hidden. */
export function useCodeText(): (code: string, params: Record<string, unknown>) => string {
  const t = useTranslations("code");
  return useCallback(
    (code: string, params: Record<string, unknown>) => {
      const known = t.has(code as never);
      if (known && SPOKEN[code]?.every((name) => name in params)) return t(`${code}_with` as never, params as never);
      const figures = Object.entries(params)
        .filter(([, value]) => value !== null && value !== "")
        .map(([name, value]) => `${name.replace(/_/g, " ")} ${shown(value)}`)
        .join(", ");
      const words = known ? t(code as never) : code.replace(/_/g, " ");
      return figures ? `${words} (${figures})` : words;
    },
    [t],
  );
}
