"use client";
/** How the bots of one world and currency fared: return, drawdown, what fees took, against holding, and day by day. */
import { useTranslations } from "use-intl";
import { useAnalytics } from "@/api/queries/analytics";
import type { Analytics } from "@/api/types";
import { PnlCalendar } from "@/charts/calendar";
import { FormWords } from "@/i18n/form-words";
import { formatDecimal } from "@/lib/money";
import { Money, Percent, Stat } from "@/ui/figure";
import { Panel } from "@/ui/panel";
import { Failed, Loading } from "@/ui/states";

export default function AnalyticsPanels() {
  return (
    <FormWords>
      <Panels />
    </FormWords>
  );
}

function Panels() {
  const t = useTranslations("analytics");
  const analytics = useAnalytics();
  if (analytics.isPending) return <Loading rows={3} />;
  if (!analytics.data) {
    return (
      <Panel title={t("title")}>
        <Failed error={analytics.error} retry={() => void analytics.refetch()} />
      </Panel>
    );
  }
  const { totals, is_complete: complete } = analytics.data;
  return totals.map((total) => <One key={`${total.world}|${total.currency}`} total={total} complete={complete} />);
}

function One({ total, complete }: { total: Analytics["totals"][number]; complete: boolean }) {
  const t = useTranslations("analytics");
  const mode = useTranslations("mode");
  const words = { mode: mode(total.world === "paper" ? "PAPER" : "LIVE"), currency: total.currency };
  const ratio = (value: string | null | undefined) => (value ? formatDecimal(value, { decimals: 2 }) : "–");
  return (
    <Panel title={t("titleOf", words)} actions={complete ? null : <span className="text-xs text-muted">{t("reading")}</span>}>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
        <Stat label={t("roi")}>{total.roi_pct ? <Percent value={total.roi_pct} /> : "–"}</Stat>
        <Stat label={t("drawdown")} note={total.max_drawdown_pct ? `${formatDecimal(total.max_drawdown_pct, { decimals: 2 })} %` : undefined}>
          <Money value={total.max_drawdown} unit={total.currency} />
        </Stat>
        <Stat label={t("vsHodl")}>
          <Money value={total.vs_hodl} unit={total.currency} sign />
        </Stat>
        <Stat label={t("feeShare")}>{total.fee_share_pct ? `${formatDecimal(total.fee_share_pct, { decimals: 1 })} %` : "–"}</Stat>
        <Stat label={t("sharpe")}>{ratio(total.sharpe)}</Stat>
        <Stat label={t("sortino")}>{ratio(total.sortino)}</Stat>
      </dl>
      {total.calendar.length > 0 ? (
        <div className="mt-4">
          <p className="mb-1 text-[11px] text-muted">{t("calendarHelp", { currency: total.currency })}</p>
          <PnlCalendar days={total.calendar} currency={total.currency} label={t("calendar", words)} />
        </div>
      ) : null}
    </Panel>
  );
}
