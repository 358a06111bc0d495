"use client";
/** What a share link shows to whoever has it, signed in or not. The token stands behind the #, so no server's log holds it. */
import { useSyncExternalStore } from "react";
import { useTranslations } from "use-intl";
import { useShared } from "@/api/queries/sharing";
import { useAuth } from "@/auth/provider";
import { ConfigList } from "@/features/bots/config-list";
import { Mark } from "@/features/shell/mark";
import { formatDecimal } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Percent, Stat } from "@/ui/figure";
import { PageHead, Panel } from "@/ui/panel";
import { Empty, Loading } from "@/ui/states";
import { YearReturn } from "@/ui/year-return";

function subscribe(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

export function SharedScreen() {
  const t = useTranslations("sharing");
  const strategy = useTranslations("strategy");
  const { state } = useAuth();
  const token = useSyncExternalStore(subscribe, () => location.hash.slice(1), () => "");
  // The address of the API is known once the session has been looked for.
  const ready = state.phase === "in" || state.phase === "out";
  const shared = useShared(ready ? token : null);
  const plan = shared.data;
  const gone = shared.isError || (ready && token === "");
  return (
    <main className="mx-auto max-w-3xl p-4">
      <p className="mb-4 flex items-center gap-2.5 text-[15px] font-semibold">
        <Mark size={26} /> Tickwise
      </p>
      {!plan && !gone ? <Loading rows={6} /> : null}
      {gone ? <Empty page title={t("gone")} /> : null}
      {plan ? (
        <>
          <PageHead title={plan.name} hint={t("sharedAt", { time: formatDateTime(plan.shared_at) })}>
            <ButtonLink look="primary" href={`/bots/new/?shared=${encodeURIComponent(token)}&strategy=${plan.strategy}${plan.symbol ? `&symbol=${encodeURIComponent(plan.symbol)}` : ""}`}>
              {t("use")}
            </ButtonLink>
          </PageHead>
          <div className="space-y-3">
            <p className="flex gap-2">
              <Badge>{strategy(plan.strategy)}</Badge> {plan.symbol ? <Badge>{plan.symbol}</Badge> : null}
            </p>
            {plan.performance ? <Performance of={plan.performance} /> : null}
            <Panel title={t("settings")} flush>
              <ConfigList bot={{ config: plan.config, strategy: plan.strategy, symbol: plan.symbol ?? "" }} />
              {plan.left_out.length > 0 ? <p className="px-3 pb-3 text-xs text-muted">{t("leftOut", { count: plan.left_out.length })}</p> : null}
            </Panel>
          </div>
        </>
      ) : null}
    </main>
  );
}

type Figures = NonNullable<NonNullable<ReturnType<typeof useShared>["data"]>["performance"]>;

function Performance({ of }: { of: Figures }) {
  const t = useTranslations("sharing");
  const words = useTranslations("backtests");
  const show = (value: string | null | undefined, unit = "") => (value ? `${formatDecimal(value, { decimals: 2 })}${unit}` : "–");
  return (
    <Panel title={t("how")} actions={<Badge tone={of.source === "live" ? "negative" : "accent"}>{t(`source_${of.source}`)}</Badge>}>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        <Stat label={words("roi")}>{of.roi_pct ? <Percent value={of.roi_pct} /> : "–"}</Stat>
        <Stat label={words("apr")}>
          <YearReturn value={of.apr_pct} days={of.days} short={words("aprShort")} />
        </Stat>
        <Stat label={words("drawdown")}>{show(of.max_drawdown_pct, " %")}</Stat>
        <Stat label={words("sharpe")}>{show(of.sharpe)}</Stat>
        <Stat label={words("winRate")}>{show(of.win_rate_pct, " %")}</Stat>
        <Stat label={words("profitFactor")}>{show(of.profit_factor)}</Stat>
        <Stat label={words("days")}>{of.days ? `${formatDecimal(of.days, { max: 1 })} ${words("daysUnit")}` : "–"}</Stat>
      </dl>
    </Panel>
  );
}
