"use client";
import { Plus } from "lucide-react";
import { useTranslations } from "use-intl";
import { useAccounts } from "@/api/queries/accounts";
import { useBots } from "@/api/queries/bots";
import type { Account, Bot } from "@/api/types";
import { BotTable } from "@/features/bots/lazy-table";
import { useReasonText } from "@/features/bots/reason";
import { RUNNING, TRADING } from "@/features/bots/words";
import { BalanceTable } from "@/features/accounts/balance-table";
import { ModeBadge } from "@/features/shell/mode-badge";
import { late } from "@/lib/late";
import { Link } from "@/lib/nav";
import { ButtonLink } from "@/ui/button";
import { Stat } from "@/ui/figure";
import { PageHead, Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { TotalPanel } from "./total-panel";
import { totalsOf } from "./totals";

const PanicButton = late(() => import("@/features/safety/panic-button"));
const GuardsPanel = late(() => import("@/features/safety/guards-panel"));

const AllocationPanel = late(() => import("./allocation-panel"));
const AnalyticsPanels = late(() => import("./analytics-panel"));

const SHOWN = 8;

export function OverviewScreen() {
  const t = useTranslations("overview");
  const words = useTranslations("bots");
  const bots = useBots();
  const accounts = useAccounts();
  const failed = (bots.isError && !bots.data && bots) || (accounts.isError && !accounts.data && accounts);
  return (
    <>
      <PageHead title={t("title")} hint={t("hint")}>
        {bots.data?.items.some((bot) => RUNNING.has(bot.status)) ? <PanicButton /> : null}
        <ButtonLink href="/bots/new/" look="primary">
          <Plus aria-hidden="true" className="size-4" /> {words("new")}
        </ButtonLink>
      </PageHead>
      {failed ? <Failed error={failed.error} retry={() => void failed.refetch()} /> : null}
      {!failed && (!bots.data || !accounts.data) ? <Loading rows={8} /> : null}
      {bots.data && accounts.data ? <Body bots={bots.data.items} accounts={accounts.data.items} /> : null}
    </>
  );
}

function Body({ bots, accounts }: { bots: Bot[]; accounts: Account[] }) {
  const t = useTranslations("overview");
  const words = useTranslations("bots");
  if (accounts.length === 0) return <First />;
  const trouble = bots.filter((bot) => bot.status === "error");
  const running = bots.filter((bot) => RUNNING.has(bot.status));
  const trading = bots.filter((bot) => TRADING.has(bot.status)).length;
  const paused = bots.filter((bot) => bot.status === "paused").length;
  const newest = [...running, ...bots.filter((bot) => !RUNNING.has(bot.status))].slice(0, SHOWN);
  return (
    <div className="grid gap-3 xl:grid-cols-[minmax(0,1fr)_340px]">
      <div className="min-w-0 space-y-3">
        <Panel>
          <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
            <Stat label={t("running")} note={paused > 0 ? t("paused", { count: paused }) : null}>
              {trading}
            </Stat>
            <Stat label={t("attention")}>
              <span className={trouble.length > 0 ? "text-negative" : undefined}>{trouble.length}</span>
            </Stat>
            <Stat label={t("deals")}>{count(bots, (bot) => bot.deals ?? 0)}</Stat>
            <Stat label={t("openOrders")}>{count(bots, (bot) => bot.open_orders ?? 0)}</Stat>
          </dl>
        </Panel>
        {totalsOf(bots).map((total) => (
          <TotalPanel key={`${total.mode}|${total.currency}`} total={total} />
        ))}
        {bots.some((bot) => bot.pnl) ? <AnalyticsPanels /> : null}
        <Panel
          flush
          title={t("botsTitle")}
          actions={
            <ButtonLink href="/bots/" look="quiet" small>
              {t("allBots")}
            </ButtonLink>
          }
        >
          {newest.length > 0 ? (
            <BotTable bots={newest} label={words("tableLabel")} />
          ) : (
            <Empty title={words("emptyTitle")}>
              <p className="mb-3">{words("emptyText")}</p>
              <ButtonLink href="/bots/new/" look="primary" small>
                {words("new")}
              </ButtonLink>
            </Empty>
          )}
        </Panel>
      </div>
      <div className="min-w-0 space-y-3">
        {trouble.length > 0 ? <Trouble bots={trouble} /> : null}
        <GuardsPanel />
        <AllocationPanel />
        {accounts.map((account) => (
          <Panel
            key={account.id}
            flush
            title={
              <span className="flex flex-wrap items-center gap-2">
                {account.label} <ModeBadge exchange={account.exchange} market={account.market} />
              </span>
            }
          >
            <BalanceTable short label={account.label} balances={account.balances ?? []} />
          </Panel>
        ))}
      </div>
    </div>
  );
}

function count(bots: Bot[], of: (bot: Bot) => number): number {
  return bots.reduce((sum, bot) => sum + of(bot), 0);
}

function First() {
  const t = useTranslations("overview");
  return (
    <Panel>
      <Empty title={t("firstTitle")}>
        <p className="mb-3">{t("firstStep")}</p>
        <ButtonLink href="/accounts/" look="primary" small>
          {t("toAccount")}
        </ButtonLink>
      </Empty>
    </Panel>
  );
}

function Trouble({ bots }: { bots: Bot[] }) {
  const t = useTranslations("overview");
  const reason = useReasonText();
  return (
    <Panel title={t("needYou")} flush>
      <ul className="divide-y divide-line text-[13px]">
        {bots.map((bot) => (
          <li key={bot.id}>
            <Link href={`/bots/?id=${bot.id}`} className="block px-3 py-2 hover:bg-hover">
              <span className="font-medium">{bot.name}</span>
              <span className="block text-xs text-negative">{reason(bot)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
