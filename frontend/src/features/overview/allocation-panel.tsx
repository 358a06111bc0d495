"use client";
/** Where the money is: one bar and its figures for each world and currency. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useAccounts } from "@/api/queries/accounts";
import { usePortfolio } from "@/api/queries/portfolio";
import type { PortfolioBot } from "@/api/types";
import { ShareBar, shareColour } from "@/charts/share-bar";
import { formatPercent } from "@/lib/money";
import { Badge } from "@/ui/badge";
import { Money } from "@/ui/figure";
import { Panel } from "@/ui/panel";
import { allocation, WAYS, type Way } from "./allocation";

export default function AllocationPanel() {
  const t = useTranslations("overview");
  const portfolio = usePortfolio();
  const [way, setWay] = useState<Way>("market");
  const groups = new Map<string, PortfolioBot[]>();
  for (const bot of portfolio.data?.bots ?? []) groups.set(`${bot.world}|${bot.currency}`, [...(groups.get(`${bot.world}|${bot.currency}`) ?? []), bot]);
  const shown = [...groups].filter(([, bots]) => allocation(bots, way).length > 0);
  if (shown.length === 0) return null;
  return (
    <Panel
      title={t("allocation")}
      actions={
        <select aria-label={t("allocationBy")} className="h-7 rounded-md border border-line-strong bg-bg px-1.5 text-xs" value={way} onChange={(event) => setWay(WAYS.find((one) => one === event.target.value) ?? "market")}>
          {WAYS.map((one) => (
            <option key={one} value={one}>
              {t(`by_${one}`)}
            </option>
          ))}
        </select>
      }
    >
      <div className="space-y-4">
        {shown.map(([key, bots]) => (
          <World key={key} bots={bots} way={way} />
        ))}
      </div>
    </Panel>
  );
}

function World({ bots, way }: { bots: readonly PortfolioBot[]; way: Way }) {
  const t = useTranslations("overview");
  const strategy = useTranslations("strategy");
  const accounts = useAccounts();
  const slices = allocation(bots, way);
  const [first] = bots;
  const name = (of: string) => {
    if (way === "strategy" && strategy.has(of as never)) return strategy(of as never);
    return way === "account" ? (accounts.data?.items.find((one) => one.id === of)?.label ?? of) : of;
  };
  if (!first) return null;
  return (
    <div>
      <p className="mb-1.5 flex items-center gap-2 text-[11px] text-muted">
        <Badge tone={first.world === "paper" ? "accent" : "negative"}>{first.world === "paper" ? "PAPER" : "LIVE"}</Badge> {t("allocationText", { currency: first.currency })}
      </p>
      <ShareBar shares={slices.map((slice) => slice.share)} />
      <table aria-label={t("allocation")} className="mt-2 w-full text-[13px]">
        <tbody>
          {slices.map((slice, index) => (
            <tr key={slice.name}>
              <th scope="row" className="py-0.5 text-left font-normal">
                <span aria-hidden="true" className="mr-2 inline-block size-2 rounded-full" style={{ background: shareColour(index) }} />
                {name(slice.name)}
              </th>
              <td className="num py-0.5 text-right">
                <Money value={slice.value} unit={first.currency} />
              </td>
              <td className="num w-16 py-0.5 text-right text-xs text-muted">{formatPercent(slice.share)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
