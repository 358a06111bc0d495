"use client";
import { useCallback } from "react";
import { useTranslations } from "use-intl";

/** A setting's own name; a new one as it is spelled. */
export function useFieldName(): (name: string) => string {
  const t = useTranslations("field");
  return useCallback((name) => (t.has(name as never) ? t(name as never) : name.replace(/_/g, " ")), [t]);
}

export function overridesText(overrides: Record<string, unknown> | undefined, name: (field: string) => string): string {
  return Object.entries(overrides ?? {})
    .map(([field, value]) => `${name(field)} ${String(value)}`)
    .join(" · ");
}
