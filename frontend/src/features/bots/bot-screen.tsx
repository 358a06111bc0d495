"use client";
import { ArrowLeft } from "lucide-react";
import { useTranslations } from "use-intl";
import { ApiError } from "@/api/client";
import { useBot } from "@/api/queries/bots";
import type { Bot } from "@/api/types";
import { ModeBadge } from "@/features/shell/mode-badge";
import { usePriceNow, useRules } from "@/features/market/use-market";
import { FormWords } from "@/i18n/form-words";
import { formatPrice } from "@/lib/money";
import { Link } from "@/lib/nav";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Money, Percent } from "@/ui/figure";
import { Empty, Failed, Loading } from "@/ui/states";
import { BotChart } from "./bot-chart";
import { BotSections } from "./bot-sections";
import { Commands } from "./commands";
import { HorizonLine } from "./horizon-line";
import { PnlPanel } from "./pnl-panel";
import { usePriced } from "./priced";
import { PricedAge } from "./priced-age";
import { StatePanel } from "./state-panel";
import { StatusBadge } from "./status-badge";
import { WatchPanel } from "./watch-panel";
import { quoteOf } from "./words";

export default function BotScreen({ id }: { id: string }) {
  return (
    <FormWords>
      <Screen id={id} />
    </FormWords>
  );
}

function Screen({ id }: { id: string }) {
  const t = useTranslations("bot");
  const bot = useBot(id);
  if (bot.isPending) return <Loading rows={10} />;
  if (!bot.data) {
    const gone = bot.error instanceof ApiError && bot.error.status === 404;
    return gone ? (
      <Empty page title={t("missing")}>
        <ButtonLink href="/bots/" small>
          {t("back")}
        </ButtonLink>
      </Empty>
    ) : (
      <Failed error={bot.error} retry={() => void bot.refetch()} />
    );
  }
  return (
    <div className="space-y-3">
      <Head bot={bot.data} />
      <div className="grid gap-3 xl:grid-cols-[minmax(0,1fr)_320px]">
        <div className="min-w-0 space-y-3">
          <BotChart bot={bot.data} />
          <BotSections bot={bot.data} />
        </div>
        <div className="grid min-w-0 content-start gap-3 sm:grid-cols-2 xl:grid-cols-1">
          <PnlPanel bot={bot.data} />
          <WatchPanel bot={bot.data} />
          <StatePanel bot={bot.data} />
        </div>
      </div>
    </div>
  );
}

function Head({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const strategy = useTranslations("strategy");
  const { tick } = useRules(bot);
  const price = usePriceNow(bot);
  const priced = usePriced(bot);
  return (
    <header className="space-y-2">
      <Link href="/bots/" className="inline-flex items-center gap-1 text-xs text-muted hover:text-text">
        <ArrowLeft aria-hidden="true" className="size-3.5" /> {t("back")}
      </Link>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="max-w-full truncate text-lg leading-tight font-semibold">{bot.name}</h1>
        <Badge>{strategy(bot.strategy)}</Badge>
        <ModeBadge exchange={bot.exchange} market={bot.market} />
        <StatusBadge bot={bot} />
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <Commands bot={bot} />
        </div>
      </div>
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-[13px]">
        <span>
          <span className="mr-2 font-medium">{bot.symbol}</span>
          {price ? (
            <span className="num text-base font-semibold">
              {formatPrice(price, tick)} <span className="text-xs font-normal text-muted">{quoteOf(bot.symbol)}</span>
            </span>
          ) : null}
        </span>
        {bot.pnl ? (
          <span className="num">
            <Money value={priced.total} unit={bot.pnl.currency} sign className="text-base font-semibold" /> <Percent value={priced.totalPct} />
            <PricedAge priced={priced} className="ml-2 text-[11px] text-muted" />
          </span>
        ) : null}
        <HorizonLine bot={bot} />
      </div>
    </header>
  );
}
