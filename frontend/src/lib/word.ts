"use client";
import { useCallback } from "react";
import { useTranslations } from "use-intl";

type Space = "hitReason" | "commandName" | "deliveryDetail" | "mapping" | "decision" | "planRow";

/** A code in words; one without words is shown as it is spelled rather than hidden. */
export function useWord(space: Space): (code: string) => string {
  const t = useTranslations(space);
  return useCallback((code: string) => (t.has(code as never) ? t(code as never) : code.replace(/_/g, " ")), [t]);
}
