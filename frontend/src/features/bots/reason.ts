"use client";
import { useCallback } from "react";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { formatAmount, formatMoney } from "@/lib/money";
import { isBeingRebuilt } from "./words";

/** Why a bot is where it is, in words; a code without words is shown as it is. A guard is named, with what it saw, and so is the field to lower. */
export function useReasonText(): (bot: Pick<Bot, "reason" | "reason_params">) => string | null {
  const t = useTranslations("reason");
  const saw = useTranslations("guardSaw");
  const money = useTranslations("moneyField");
  return useCallback(
    ({ reason, reason_params: params = {} }) => {
      if (!reason) return null;
      const { guard, value, limit, currency = "" } = params;
      if (guard && value && limit && saw.has(guard as never)) return saw(guard as never, { value: formatMoney(value), limit: formatAmount(limit), currency } as never);
      if (isBeingRebuilt({ reason, reason_params: params })) return t("rebuilding");
      if (reason === "state_lost" && params.rebuild === "no_backup") return t("rebuild_no_backup");
      const { field, needed, available } = params;
      if (reason === "insufficient_funds" && field && needed && available && money.has(field as never)) {
        return t("lower_funds", { needed: formatMoney(needed), available: formatMoney(available), currency, field: money(field as never) });
      }
      const words = t.has(reason as never) ? t(reason as never) : reason.replace(/_/g, " ");
      const figures = Object.entries(params).map(([name, value]) => `${name.replace(/_/g, " ")} ${value}`);
      return figures.length > 0 ? `${words} (${figures.join(", ")})` : words;
    },
    [t, saw, money],
  );
}
