"use client";
import { useTranslations } from "use-intl";
import { useNow } from "@/lib/now";
import { ageSeconds, formatFull, formatSpan } from "@/lib/time";
import type { Priced } from "./priced";

/** How old a figure is, and whether it is the market's or the bot's last look. */
export function PricedAge({ priced, className }: { priced: Priced; className?: string }) {
  const t = useTranslations("priced");
  const now = useNow(5_000);
  if (!priced.at) return null;
  return (
    <time dateTime={priced.at} title={formatFull(priced.at)} className={className}>
      {t(priced.isNow ? "now" : "look", { age: formatSpan(ageSeconds(priced.at, now)) })}
    </time>
  );
}
