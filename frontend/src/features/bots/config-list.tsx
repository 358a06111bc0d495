"use client";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { unitOf } from "@/features/new-bot/units";
import { useOptionText } from "@/forms/option-text";
import { formatDecimal, isDecimal } from "@/lib/money";
import { formatFull } from "@/lib/time";
import { Stat } from "@/ui/figure";
import { Empty } from "@/ui/states";

/** The settings the bot runs with, with their units. */
export function ConfigList({ bot }: { bot: Pick<Bot, "config" | "strategy" | "symbol"> }) {
  const t = useTranslations("field");
  const none = useTranslations("state");
  const show = useShown();
  const entries = Object.entries(bot.config as Record<string, unknown>).filter(([, value]) => value !== null && value !== undefined);
  if (entries.length === 0) return <Empty title={none("none")} />;
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 p-3 sm:grid-cols-3 lg:grid-cols-4">
      {entries.map(([name, value]) => (
        <Stat key={name} label={t.has(name as never) ? t(name as never) : name.replace(/_/g, " ")}>
          <span className="whitespace-normal">{show(value, name)}</span> <span className="text-[11px] font-normal text-muted">{unitOf(name, bot.strategy, bot.symbol)}</span>
        </Stat>
      ))}
    </dl>
  );
}

/** A choice by its name, a number with its thousands, a variant by its kind and what it was given, rows one after the other. */
function useShown(): (value: unknown, name: string) => string {
  const option = useOptionText();
  const field = useTranslations("field");
  const yes = useTranslations("newBot");
  const show = (value: unknown, of: string): string => {
    if (typeof value === "boolean") return yes(value ? "yes" : "no");
    if (Array.isArray(value)) return value.map((one) => show(one, of)).join("; ");
    if (typeof value === "object" && value !== null) {
      const { type, ...rest } = value as Record<string, unknown>;
      const given = Object.entries(rest).filter(([, one]) => one !== null && one !== undefined);
      const parts = given.map(([name, one]) => `${field.has(name as never) ? field(name as never) : name.replace(/_/g, " ")} ${show(one, name)}`);
      return [...(type === undefined ? [] : [show(type, of)]), ...parts].join(", ");
    }
    const text = String(value);
    if (isDecimal(text)) return formatDecimal(text);
    return /^\d{4}-\d\d-\d\dT/.test(text) ? formatFull(text) : option(text, of);
  };
  return show;
}
