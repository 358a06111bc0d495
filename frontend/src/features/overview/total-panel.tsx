"use client";
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { equityQuery } from "@/api/queries/bots";
import { EquityChart } from "@/charts/lazy";
import { mergeEquity } from "@/charts/merge-equity";
import { Waterfall } from "@/features/bots/pnl-panel";
import { Panel } from "@/ui/panel";
import type { Total } from "./totals";

/** Curves of more bots than this are not fetched for one picture. */
const MOST = 24;

export function TotalPanel({ total }: { total: Total }) {
  const t = useTranslations("overview");
  const mode = useTranslations("mode");
  const shown = total.bots.slice(0, MOST);
  const curves = useQueries({ queries: shown.map((bot) => equityQuery(bot.id)) });
  const stamp = curves.map((curve) => curve.dataUpdatedAt).join("|");
  const points = useMemo(
    () => mergeEquity(curves.map((curve) => (curve.data?.items ?? []).map((point) => ({ at: point.at, value: point.total })).reverse())),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the stamp changes exactly when the curves do
    [stamp],
  );
  const words = { mode: mode(total.mode), currency: total.currency };
  return (
    <Panel flush title={t("splitTitle", words)} actions={<span className="text-xs text-muted">{t("splitBots", { count: total.bots.length })}</span>}>
      <div className="grid md:grid-cols-[minmax(0,1fr)_280px]">
        <div className="min-w-0 md:border-r md:border-line">
          {points.length > 1 ? (
            <EquityChart label={t("curve", words)} points={points} height={240} />
          ) : (
            <p className="grid h-full min-h-24 place-items-center p-4 text-xs text-muted">{t("noCurve")}</p>
          )}
        </div>
        <div className="p-3">
          <Waterfall parts={total.parts} />
        </div>
      </div>
    </Panel>
  );
}
