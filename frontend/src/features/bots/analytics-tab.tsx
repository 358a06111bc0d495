"use client";
/** One bot since its start: the figures it is judged by, and its days. */
import { useTranslations } from "use-intl";
import { useBotAnalytics } from "@/api/queries/analytics";
import type { Bot } from "@/api/types";
import { PnlCalendar } from "@/charts/calendar";
import { formatDecimal } from "@/lib/money";
import { Money, Percent, Stat } from "@/ui/figure";
import { Failed, Loading } from "@/ui/states";
import { isWeekLong, YearReturn } from "@/ui/year-return";

export function AnalyticsTab({ bot }: { bot: Bot }) {
  const t = useTranslations("analytics");
  const analytics = useBotAnalytics(bot.id);
  if (analytics.isPending) return <Loading />;
  if (!analytics.data) return <Failed error={analytics.error} retry={() => void analytics.refetch()} />;
  const { figures, calendar, is_complete: complete } = analytics.data;
  const ratio = (value: string | null | undefined) => (value ? formatDecimal(value, { decimals: 2 }) : "–");
  const share = (value: string | null | undefined) => (value ? `${formatDecimal(value, { decimals: 2 })} %` : "–");
  return (
    <div className="space-y-4 p-3">
      {complete ? null : <p className="text-xs text-muted">{t("reading")}</p>}
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
        <Stat label={t("putIn")}>
          <Money value={figures.put_in} unit={figures.currency} />
        </Stat>
        <Stat label={t("roi")}>{figures.roi_pct ? <Percent value={figures.roi_pct} /> : "–"}</Stat>
        <Stat label={t("apr")}>
          <YearReturn value={figures.apr_pct} days={figures.days} short={t("aprShort")} />
        </Stat>
        <Stat label={t("drawdown")} note={share(figures.max_drawdown_pct)}>
          <Money value={figures.max_drawdown} unit={figures.currency} />
        </Stat>
        <Stat label={t("winRate")}>{share(figures.win_rate_pct)}</Stat>
        <Stat label={t("vsHodl")}>
          <Money value={figures.vs_hodl} unit={figures.currency} sign />
        </Stat>
        <Stat label={t("vsTimeDca")}>
          <Money value={figures.vs_time_dca} unit={figures.currency} sign />
        </Stat>
        <Stat label={t("feeShare")}>{share(figures.fee_share_pct)}</Stat>
        <Stat label={t("turnover")}>
          <Money value={figures.turnover} unit={figures.currency} />
        </Stat>
        <Stat label={t("maker")}>{share(figures.maker_pct)}</Stat>
        <Stat label={t("profitFactor")}>{ratio(figures.profit_factor)}</Stat>
        <Stat label={t("sharpe")}>{ratio(figures.sharpe)}</Stat>
        <Stat label={t("sortino")}>{ratio(figures.sortino)}</Stat>
        <Stat label={t("calmar")}>{isWeekLong(figures.days) ? ratio(figures.calmar) : "–"}</Stat>
        <Stat label={t("exposure")}>{share(figures.exposure_pct)}</Stat>
      </dl>
      {calendar.length > 0 ? (
        <div>
          <p className="mb-1 text-[11px] text-muted">{t("calendarHelp", { currency: figures.currency })}</p>
          <PnlCalendar days={calendar} currency={figures.currency} label={t("calendarOf", { name: bot.name })} />
        </div>
      ) : null}
      <p className="text-[11px] text-muted">{t("help")}</p>
    </div>
  );
}
