"use client";
import { useCallback } from "react";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";

/** Why a bot is where it is, in words; a code without words is shown as it is. */
export function useReasonText(): (bot: Pick<Bot, "reason" | "reason_params">) => string | null {
  const t = useTranslations("reason");
  return useCallback(
    ({ reason, reason_params: params = {} }) => {
      if (!reason) return null;
      const words = t.has(reason as never) ? t(reason as never) : reason.replace(/_/g, " ");
      const figures = Object.entries(params).map(([name, value]) => `${name.replace(/_/g, " ")} ${value}`);
      return figures.length > 0 ? `${words} (${figures.join(", ")})` : words;
    },
    [t],
  );
}
