"use client";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { unitOf } from "@/features/new-bot/units";
import { Stat } from "@/ui/figure";
import { Empty } from "@/ui/states";

/** The settings the bot runs with, with their units. */
export function ConfigList({ bot }: { bot: Pick<Bot, "config" | "strategy" | "symbol"> }) {
  const t = useTranslations("field");
  const option = useTranslations("option");
  const none = useTranslations("state");
  const entries = Object.entries(bot.config as Record<string, unknown>).filter(([, value]) => value !== null && value !== undefined);
  if (entries.length === 0) return <Empty title={none("none")} />;
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 p-3 sm:grid-cols-3 lg:grid-cols-4">
      {entries.map(([name, value]) => (
        <Stat key={name} label={t.has(name as never) ? t(name as never) : name.replace(/_/g, " ")}>
          {typeof value === "string" && option.has(value as never) ? option(value as never) : show(value)}{" "}
          <span className="text-[11px] font-normal text-muted">{unitOf(name, bot.strategy, bot.symbol)}</span>
        </Stat>
      ))}
    </dl>
  );
}

function show(value: unknown): string {
  if (typeof value === "boolean") return value ? "✓" : "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
