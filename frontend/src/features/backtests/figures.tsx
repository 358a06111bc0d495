"use client";
import { useTranslations } from "use-intl";
import type { RunView } from "@/api/types";
import { compare, formatDecimal } from "@/lib/money";
import { Money, Percent, Stat } from "@/ui/figure";
import { isWeekLong, YearReturn } from "@/ui/year-return";

type Metrics = NonNullable<RunView["metrics"]>;

/** What a run came to; a ratio without a meaning (no loss, no variance) is a dash, never a zero. */
export function Figures({ run, metrics }: { run: RunView; metrics: Metrics }) {
  const t = useTranslations("backtests");
  const ratio = (value: string | null | undefined) => (value ? formatDecimal(value, { decimals: 2 }) : "–");
  const share = (value: string | null | undefined) => (value ? `${formatDecimal(value, { decimals: 2 })} %` : "–");
  return (
    <dl className="grid grid-cols-2 gap-3">
      <Stat label={t("roi")}>
        <Percent value={metrics.roi_pct} />
      </Stat>
      <Stat label={t("apr")} note={isWeekLong(metrics.days) && compare(metrics.days, "30") < 0 ? t("aprFrom", { days: formatDecimal(metrics.days, { max: 1 }) }) : null}>
        <YearReturn value={metrics.apr_pct} days={metrics.days} short={t("aprShort")} />
      </Stat>
      <Stat label={t("vsHodl")}>
        <Money value={metrics.vs_hodl} unit={metrics.currency} sign />
      </Stat>
      <Stat label={t("drawdown")} note={<Money value={metrics.max_drawdown} unit={metrics.currency} />}>
        {share(metrics.max_drawdown_pct)}
      </Stat>
      <Stat label={t("sharpe")}>{ratio(metrics.sharpe)}</Stat>
      <Stat label={t("sortino")}>{ratio(metrics.sortino)}</Stat>
      <Stat label={t("calmar")}>{isWeekLong(metrics.days) ? ratio(metrics.calmar) : "–"}</Stat>
      <Stat label={t("profitFactor")}>{ratio(metrics.profit_factor)}</Stat>
      <Stat label={t("winRate")}>{share(metrics.win_rate_pct)}</Stat>
      <Stat label={t("exposure")}>{share(metrics.exposure_pct)}</Stat>
      <Stat label={t("worstMonth")}>{share(metrics.worst_month_pct)}</Stat>
      <Stat label={t("fees")}>
        <Money value={metrics.fees_paid} unit={metrics.currency} />
      </Stat>
      <Stat label={t("fillCount")}>{formatDecimal(String(metrics.fills))}</Stat>
      <Stat label={t("deals")}>{run.deals === null || run.deals === undefined ? "–" : formatDecimal(String(run.deals))}</Stat>
      <Stat label={t("days")}>
        {formatDecimal(metrics.days, { max: 1 })} <span className="text-[11px] font-normal text-muted">{t("daysUnit", { count: compare(metrics.days, "1") === 0 ? 1 : 2 })}</span>
      </Stat>
      <Stat label={t("candles")}>{formatDecimal(String(metrics.candles))}</Stat>
    </dl>
  );
}
