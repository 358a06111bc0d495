"use client";
/** The split that is always shown whole: completed trades + inventory − fees + funding = total, and what holding would have made. */
import { useTranslations } from "use-intl";
import type { Bot, Pnl } from "@/api/types";
import { formatMoney, formatPrice, negate, tone } from "@/lib/money";
import { formatTime } from "@/lib/time";
import { cx } from "@/lib/cx";
import { Percent } from "@/ui/figure";
import { Panel } from "@/ui/panel";
import { splitNow, usePriced } from "./priced";
import { PnlBars } from "@/charts/pnl-bars";

const PARTS = ["cell_profit", "inventory_pnl", "fees", "funding"] as const;
const TONES = { positive: "text-positive", negative: "text-negative", flat: "text-text" } as const;

export function PnlPanel({ bot }: { bot: Bot }) {
  const t = useTranslations("pnl");
  return (
    <Panel title={t("title")}>
      {bot.pnl ? <Split bot={bot} pnl={bot.pnl} /> : <p className="text-xs text-muted">{t("none")}</p>}
    </Panel>
  );
}

function Split({ bot, pnl }: { bot: Bot; pnl: Pnl }) {
  const t = useTranslations("pnl");
  const priced = usePriced(bot);
  return (
    <>
      <Waterfall parts={splitNow(pnl, priced)} />
      <p className="mt-2 text-[11px] text-muted">
        {t(priced.isNow ? "atNow" : "at", { price: formatPrice(priced.price ?? pnl.price), time: formatTime(priced.at ?? pnl.at) })} · <Percent value={priced.totalPct} />
      </p>
      <p className="mt-1 text-[11px] leading-snug text-muted">{t("help")}</p>
    </>
  );
}

export type WaterfallParts = Pick<Pnl, "cell_profit" | "inventory_pnl" | "fees" | "funding" | "total" | "hodl" | "currency">;

/** Bars and digits, never one part without the others. */
export function Waterfall({ parts: pnl }: { parts: WaterfallParts }) {
  const t = useTranslations("pnl");
  return (
    <>
      <PnlBars parts={PARTS.map((part) => (part === "fees" ? negate(pnl.fees) : pnl[part]))} total={pnl.total} />
      <table aria-label={t("tableLabel")} className="mt-2 w-full text-[13px]">
        <tbody>
          {PARTS.map((part) => (
            <Line key={part} label={t(part)} value={part === "fees" ? negate(pnl.fees) : pnl[part]} unit={pnl.currency} />
          ))}
          <Line label={t("total")} value={pnl.total} unit={pnl.currency} strong />
          {pnl.hodl ? <Line label={t("hodl")} value={pnl.hodl} unit={pnl.currency} quiet /> : null}
        </tbody>
      </table>
    </>
  );
}

function Line({ label, value, unit, strong, quiet }: { label: string; value: string; unit: string; strong?: boolean; quiet?: boolean }) {
  return (
    <tr className={cx(strong && "border-t border-line-strong font-semibold", quiet && "text-muted")}>
      <th scope="row" className={cx("py-1 text-left", strong ? "font-semibold" : "font-normal text-muted")}>
        {label}
      </th>
      <td className={cx("num py-1 text-right", quiet ? "text-muted" : TONES[tone(value)])}>
        {formatMoney(value, { sign: true })} <span className="text-[11px] text-muted">{unit}</span>
      </td>
    </tr>
  );
}
