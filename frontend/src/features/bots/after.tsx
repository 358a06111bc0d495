"use client";
/** What would be left of what a bot holds, where that can be said before it happens. */
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Bot, CloseMode } from "@/api/types";
import { formatAmount } from "@/lib/money";
import { Money, Stat } from "@/ui/figure";
import { useOutcome } from "./outcome";

export function After({ bot, mode }: { bot: Bot; mode: CloseMode }) {
  const t = useTranslations("stop");
  const left = useOutcome(bot, mode);
  if (!left || !bot.holdings) return null;
  const { base_currency: base, quote_currency: quote } = bot.holdings;
  return (
    <Outlook text={t(mode === "keep" ? "afterKeep" : "after")}>
      <Stat label={base}>
        {formatAmount(left.base)} <span className="text-[11px] font-normal text-muted">{base}</span>
      </Stat>
      <Stat label={quote}>
        <Money value={left.quote} unit={quote} />
      </Stat>
      <Stat label={t("fee")}>
        <Money value={left.fee} unit={left.feeCurrency} />
      </Stat>
    </Outlook>
  );
}

/** A box of figures that follow from what is chosen above it, read out when they change. */
export function Outlook({ text, children }: { text: string; children: ReactNode }) {
  return (
    <div role="status" className="mt-3 rounded-md border border-line bg-bg p-3">
      <p className="mb-2 text-xs text-muted">{text}</p>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3">{children}</dl>
    </div>
  );
}
