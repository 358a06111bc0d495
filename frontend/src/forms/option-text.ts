"use client";
import { useCallback } from "react";
import { useTranslations } from "use-intl";

/** A choice by its name; the same word may mean something of its own in one field. */
export function useOptionText(): (name: string, field: string) => string {
  const t = useTranslations("option");
  const own = useTranslations("optionOf");
  return useCallback(
    (name: string, field: string) => {
      if (own.has(`${field}.${name}` as never)) return own(`${field}.${name}` as never);
      return t.has(name as never) ? t(name as never) : name.replace(/_/g, " ");
    },
    [t, own],
  );
}
