"use client";
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { equityQuery } from "@/api/queries/bots";
import { usePortfolio } from "@/api/queries/portfolio";
import type { PortfolioTotal } from "@/api/types";
import { EquityChart } from "@/charts/lazy";
import { mergeEquity } from "@/charts/merge-equity";
import { Waterfall } from "@/features/bots/pnl-panel";
import { useNow } from "@/lib/now";
import { ageSeconds, formatFull, formatSpan } from "@/lib/time";
import { Money, Stat } from "@/ui/figure";
import { Panel } from "@/ui/panel";
import type { Total } from "./totals";

/** Curves of more bots than this are not fetched for one picture. */
const MOST = 24;

export function TotalPanel({ total }: { total: Total }) {
  const t = useTranslations("overview");
  const mode = useTranslations("mode");
  // A recorded market lives in another time: its curve beside one of today would be a line between two worlds.
  const today = total.bots.filter((bot) => bot.market !== "replay");
  const shown = (today.length > 0 ? today : total.bots).slice(0, MOST);
  const replayed = total.bots.length - today.length;
  const curves = useQueries({ queries: shown.map((bot) => equityQuery(bot.id)) });
  const stamp = curves.map((curve) => curve.dataUpdatedAt).join("|");
  const points = useMemo(
    () => mergeEquity(curves.map((curve) => (curve.data?.items ?? []).map((point) => ({ at: point.at, value: point.total })).reverse())),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the stamp changes exactly when the curves do
    [stamp],
  );
  const portfolio = usePortfolio();
  const now = portfolio.data?.totals.find((one) => one.world === total.mode.toLowerCase() && one.currency === total.currency);
  const words = { mode: mode(total.mode), currency: total.currency };
  return (
    <Panel flush title={t("splitTitle", words)} actions={<span className="text-xs text-muted">{t("splitBots", { count: total.bots.length })}</span>}>
      <div className="grid md:grid-cols-[minmax(0,1fr)_280px]">
        <div className="min-w-0 md:border-r md:border-line">
          {points.length > 1 ? (
            <>
              <EquityChart label={t("curve", words)} points={points} height={340} drawdown />
              {today.length > 0 && replayed > 0 ? <p className="border-t border-line px-3 py-1.5 text-[11px] text-muted">{t("replayed", { count: replayed })}</p> : null}
            </>
          ) : (
            <p className="grid h-full min-h-24 place-items-center p-4 text-xs text-muted">{t("noCurve")}</p>
          )}
        </div>
        <div className="p-3">
          <Waterfall parts={now ? { ...total.parts, ...now, hodl: null } : total.parts} />
          {now && portfolio.data ? <Worth total={now} at={portfolio.data.at} /> : null}
        </div>
      </div>
    </Panel>
  );
}

/** What was put in, what it is worth at the market's prices, and how old those are. */
function Worth({ total, at }: { total: PortfolioTotal; at: string }) {
  const t = useTranslations("overview");
  const age = formatSpan(ageSeconds(at, useNow(5_000)));
  return (
    <>
      <dl className="mt-3 grid grid-cols-2 gap-3 border-t border-line pt-3">
        <Stat label={t("putIn")}>
          <Money value={total.put_in} unit={total.currency} />
        </Stat>
        <Stat label={t("worth")}>
          <Money value={total.value} unit={total.currency} />
        </Stat>
      </dl>
      <p className="mt-2 text-[11px] text-muted">
        <time dateTime={at} title={formatFull(at)}>
          {t("pricedAge", { age })}
        </time>
      </p>
    </>
  );
}
