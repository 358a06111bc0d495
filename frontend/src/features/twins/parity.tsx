"use client";
/** What the bot did beside what its twin did: prices, fees, orders and totals, and which of them are further apart than they should be. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useParity } from "@/api/queries/twins";
import type { Bot, ParityReport } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { formatDecimal } from "@/lib/money";
import { Badge } from "@/ui/badge";
import { SelectField } from "@/ui/field";
import { Money, Stat } from "@/ui/figure";
import { Failed, Loading } from "@/ui/states";

const SPANS = [1, 7, 30, 365] as const;

/** A drift matters from a tenth of a percent on, so it is shown to the thousandth. */
export function drift(value: string | null, sign = true): string {
  return value === null ? "–" : `${formatDecimal(value, { decimals: 3, sign })} %`;
}

export function Parity({ bot }: { bot: Bot }) {
  const t = useTranslations("twin");
  const [days, setDays] = useState<number>(7);
  const report = useParity(bot.id, days);
  const text = useErrorText();
  return (
    <section aria-label={t("now")} className="space-y-3">
      <div className="flex flex-wrap items-end gap-3">
        <SelectField label={t("span")} className="w-40" value={String(days)} onChange={(event) => setDays(SPANS.find((one) => String(one) === event.target.value) ?? 7)}>
          {SPANS.map((one) => (
            <option key={one} value={one}>
              {t("days", { count: one })}
            </option>
          ))}
        </SelectField>
        {report.data ? <Verdict report={report.data} /> : null}
      </div>
      {report.isPending ? <Loading /> : null}
      {report.isError && !report.data ? <Failed error={report.error} retry={() => void report.refetch()} /> : null}
      {report.isError && report.data ? <p className="text-xs text-negative">{text(report.error)}</p> : null}
      {report.data ? <Figures report={report.data} isLive={bot.exchange !== "paper"} /> : null}
    </section>
  );
}

/** In words and a sign, never by colour alone. */
export function Verdict({ report }: { report: ParityReport }) {
  const t = useTranslations("twin");
  if (report.paired === 0) return <Badge>{t("nothingYet")}</Badge>;
  if (report.drifts.length === 0) return <Badge tone="positive">{t("together")}</Badge>;
  return (
    <span className="flex flex-wrap gap-1.5">
      {report.drifts.map((name) => (
        <Badge key={name} tone="negative">
          {t.has(`drift_${name}` as never) ? t(`drift_${name}` as never) : name}
        </Badge>
      ))}
    </span>
  );
}

function Figures({ report, isLive }: { report: ParityReport; isLive: boolean }) {
  const t = useTranslations("twin");
  const mine = t(isLive ? "live" : "bot");
  return (
    <>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-4">
        <Stat label={t("priceDrift")} note={report.worst_price_drift_pct === null ? null : t("worst", { value: drift(report.worst_price_drift_pct) })}>
          {drift(report.price_drift_pct)}
        </Stat>
        <Stat label={t("amountDrift")}>{drift(report.amount_drift_pct)}</Stat>
        <Stat label={t("feeDrift")} note={report.live_fee_pct === null && report.paper_fee_pct === null ? null : t("fees", { mine: drift(report.live_fee_pct, false), twin: drift(report.paper_fee_pct, false) })}>
          {drift(report.fee_drift_pct)}
        </Stat>
        <Stat label={t("delay")}>{report.delay_s === null ? "–" : `${formatDecimal(report.delay_s, { max: 1 })} s`}</Stat>
        <Stat label={t("paired")} note={t("of", { count: report.orders })}>
          {formatDecimal(String(report.paired))}
        </Stat>
        <Stat label={t("oneSide")} note={t("oneSideNote", { mine: report.only_live, twin: report.only_paper })}>
          {formatDecimal(String(report.only_live + report.only_paper))}
        </Stat>
        <Stat label={t("totalOf", { who: mine })}>
          <Money value={report.live_total} unit={report.currency ?? undefined} sign />
        </Stat>
        <Stat label={t("totalOf", { who: t("twin") })}>
          <Money value={report.paper_total} unit={report.currency ?? undefined} sign />
        </Stat>
      </dl>
      {Object.keys(report.other_fees).length > 0 ? (
        <p className="num text-xs whitespace-normal text-muted">
          {t("otherFees")}{" "}
          {Object.entries(report.other_fees)
            .map(([currency, amount]) => `${formatDecimal(amount, { max: 8 })} ${currency}`)
            .join(" · ")}
        </p>
      ) : null}
      <ul className="space-y-0.5 text-[11px] leading-snug text-muted">
        <li>{t("help")}</li>
        {report.same_start ? null : <li>{t("laterStart")}</li>}
        {report.is_complete ? null : <li>{t("incomplete")}</li>}
      </ul>
    </>
  );
}
