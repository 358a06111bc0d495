"use client";
/** "Why is nothing happening?": the horizon says what the bot waits for. */
import { Moon, Zap } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { useRules } from "@/features/market/use-market";
import { formatPrice } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import { quoteOf } from "./words";

const SLEEPERS = new Set<Bot["status"]>(["waiting", "active", "paused"]);
const AWAKE = new Set<Bot["status"]>(["starting", "stopping"]);

export function HorizonLine({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const text = useHorizonText(bot);
  const asleep = text !== null;
  if (!asleep && !AWAKE.has(bot.status)) return null;
  const Icon = asleep ? Moon : Zap;
  return (
    <span className="inline-flex items-center gap-1.5 text-xs text-muted">
      <Icon aria-hidden="true" className="size-3.5 shrink-0" />
      {text ?? t("awake")}
    </span>
  );
}

function useHorizonText(bot: Bot): string | null {
  const t = useTranslations("bot");
  const { tick } = useRules(bot);
  const { below, above, until } = bot.horizon ?? {};
  if (!SLEEPERS.has(bot.status) || (below && below === above)) return null;
  const unit = quoteOf(bot.symbol);
  const price = (value: string) => `${formatPrice(value, tick)} ${unit}`;
  const time = until ? formatDateTime(until) : null;
  const band =
    below && above
      ? t("sleepsBoth", { below: formatPrice(below, tick), above: price(above) })
      : below
        ? t("sleepsBelow", { below: price(below) })
        : above
          ? t("sleepsAbove", { above: price(above) })
          : null;
  if (band && time) return `${band}, ${t("sleepsUntil", { time })}`;
  if (band) return band;
  return time ? t("sleepsOnlyUntil", { time }) : null;
}
