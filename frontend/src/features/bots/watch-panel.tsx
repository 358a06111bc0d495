"use client";
/** The prices to watch, each with how far away it is: the chart's lines in words, and those too far off to be on it. */
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { usePriceNow, useRules } from "@/features/market/use-market";
import { formatPercent, formatPrice } from "@/lib/money";
import { Panel } from "@/ui/panel";
import { distancePct, watchedPrices } from "./watched-prices";
import { quoteOf } from "./words";

export function WatchPanel({ bot }: { bot: Bot }) {
  const t = useTranslations("line");
  const now = usePriceNow(bot);
  const { tick } = useRules(bot);
  const prices = watchedPrices(bot);
  if (prices.length === 0) return null;
  const unit = quoteOf(bot.symbol);
  return (
    <Panel title={t("watch")}>
      <table aria-label={t("watch")} className="w-full text-[13px]">
        <tbody>
          {prices.map(({ name, price }) => {
            const away = distancePct(price, now);
            return (
              <tr key={name}>
                <th scope="row" className="py-1 text-left font-normal text-muted first-letter:uppercase">
                  {t(name)}
                </th>
                <td className="num py-1 text-right font-medium whitespace-nowrap">
                  {formatPrice(price, tick)} <span className="text-[11px] font-normal text-muted">{unit}</span>
                </td>
                <td className="num w-[72px] py-1 text-right text-[11px] whitespace-nowrap text-muted">{away === null ? "" : `${formatPercent(away, { sign: true })} %`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="mt-1 text-[11px] text-muted">{t("help")}</p>
    </Panel>
  );
}
