"use client";
import { useTranslations } from "use-intl";
import { useAccounts } from "@/api/queries/accounts";
import type { Bot } from "@/api/types";
import { formatAmount } from "@/lib/money";
import { formatDateTime, formatFull } from "@/lib/time";
import { Panel } from "@/ui/panel";
import { Money, Stat } from "@/ui/figure";

/** What the bot owns, what it counts on, and where it lives. */
export function StatePanel({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const bots = useTranslations("bots");
  const accounts = useAccounts();
  const account = accounts.data?.items.find((item) => item.id === bot.account_id);
  const reserved = Object.entries(bot.reserved ?? {});
  return (
    <Panel title={t("holdings")}>
      <dl className="grid grid-cols-2 gap-x-3 gap-y-3">
        {bot.holdings ? (
          <>
            <Stat label={bot.holdings.base_currency}>
              {formatAmount(bot.holdings.base)} <Unit>{bot.holdings.base_currency}</Unit>
            </Stat>
            <Stat label={bot.holdings.quote_currency}>
              <Money value={bot.holdings.quote} unit={bot.holdings.quote_currency} />
            </Stat>
          </>
        ) : null}
        {reserved.map(([currency, amount]) => (
          <Stat key={currency} label={t("reserved")}>
            <Money value={amount} unit={currency} />
          </Stat>
        ))}
        <Stat label={bots("deals")}>{bot.deals}</Stat>
        <Stat label={bots("fills")}>{bot.fills}</Stat>
        <Stat label={bots("orders")}>{bot.open_orders}</Stat>
        <Stat label={t("account")}>{account?.label ?? "–"}</Stat>
        {bot.started_at ? (
          <Stat label={t("started")}>
            <time dateTime={bot.started_at} title={formatFull(bot.started_at)}>
              {formatDateTime(bot.started_at)}
            </time>
          </Stat>
        ) : null}
        {bot.last_tick_at ? (
          <Stat label={bots("updated")}>
            <time dateTime={bot.last_tick_at} title={formatFull(bot.last_tick_at)}>
              {formatDateTime(bot.last_tick_at)}
            </time>
          </Stat>
        ) : null}
      </dl>
    </Panel>
  );
}

function Unit({ children }: { children: string }) {
  return <span className="text-[11px] font-normal text-muted">{children}</span>;
}
