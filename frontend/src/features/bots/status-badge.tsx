"use client";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { Badge } from "@/ui/badge";
import { useReasonText } from "./reason";
import { STATUS_TONES } from "./words";

export function StatusBadge({ bot }: { bot: Bot }) {
  const t = useTranslations("status");
  const reason = useReasonText();
  const why = reason(bot);
  return (
    <span className="inline-flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5">
      <Badge tone={STATUS_TONES[bot.status]} dot title={why ?? undefined}>
        {t(bot.status)}
      </Badge>
      {why ? <span className="max-w-52 text-[11px] leading-tight text-muted">{why}</span> : null}
    </span>
  );
}
