"use client";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useCandles, type Timeframe } from "@/api/queries/market";
import type { Account, Market, PreviewAnswer } from "@/api/types";
import type { ChartLine } from "@/charts/candle-chart";
import { CandleChart } from "@/charts/lazy";
import { CandleTable } from "@/features/market/candle-table";
import { TimeframePicker } from "@/features/market/timeframe-picker";
import type { Values } from "@/forms/config";
import { compare, formatPrice, isDecimal } from "@/lib/money";
import { Panel } from "@/ui/panel";
import { Failed } from "@/ui/states";

type Props = { account: Account; market: Market; preview: PreviewAnswer | null; config: Values; picking: boolean; onPick: (price: string) => void; onDrag: (field: string, price: string) => void };

export function PlanChart({ account, market, preview, config, picking, onPick, onDrag }: Props) {
  const t = useTranslations("newBot");
  const field = useTranslations("field");
  const [timeframe, setTimeframe] = useState<Timeframe>("15m");
  const candles = useCandles(account.id, market.symbol, timeframe);
  const words = useMemo(
    () => ({ under: field("stop_below_price"), over: field("stop_above_price"), stop: field("stop_loss_price"), target: field("take_profit_price"), low: field("low"), high: field("high"), average: t("averageAtEnd"), liquidation: t("liquidationAtEnd") }),
    [field, t],
  );
  const lines = useMemo(() => linesOf(preview, config, words), [preview, config, words]);
  const title = (
    <span className="flex flex-wrap items-baseline gap-x-2">
      {market.symbol}
      {preview ? (
        <span className="num text-xs font-normal text-muted">
          {t("price")} {formatPrice(preview.price, market.price_tick)} {market.quote}
        </span>
      ) : null}
      {picking ? <span className="text-xs font-medium text-accent">{t("picking")}</span> : null}
      {!picking && lines.some((line) => line.drag) ? <span className="text-xs font-normal text-muted max-sm:hidden">{t("dragHelp")}</span> : null}
    </span>
  );
  return (
    <Panel title={title} flush actions={<TimeframePicker value={timeframe} onChange={setTimeframe} />}>
      {candles.isError && !candles.data ? (
        <Failed error={candles.error} retry={() => void candles.refetch()} />
      ) : (
        <CandleChart
          label={t("chart", { symbol: market.symbol })}
          candles={candles.data?.items ?? []}
          lines={lines}
          tick={market.price_tick}
          height={380}
          onPick={picking ? onPick : undefined}
          onDrag={onDrag}
        />
      )}
      <CandleTable candles={candles.data?.items ?? []} tick={market.price_tick} />
    </Panel>
  );
}

/** The orders of the plan, and the prices the owner typed, which can be taken hold of. */
function linesOf(preview: PreviewAnswer | null, config: Values, words: Record<"under" | "over" | "stop" | "target" | "low" | "high" | "average" | "liquidation", string>): ChartLine[] {
  const lines: ChartLine[] = [];
  const add = (price: unknown, kind: ChartLine["kind"], title: string, drag?: string) => {
    if (typeof price === "string" && isDecimal(price)) lines.push({ price, kind, title, labelled: true, drag });
  };
  const orders = (preview?.preview.orders ?? []).filter((order): order is typeof order & { price: string } => order.price !== null);
  const sorted = [...orders].sort((a, b) => compare(a.price, b.price));
  sorted.forEach((order, index) => lines.push({ price: order.price, kind: order.side, labelled: index === 0 || index === sorted.length - 1 }));
  add(config.low, "level", words.low, "low");
  add(config.high, "level", words.high, "high");
  const table = preview?.preview.table ?? [];
  const end = table.at(-1);
  add(table[0]?.take_profit, "target", words.target);
  add(end?.average, "average", words.average);
  add(end?.liquidation ?? preview?.preview.plan?.liquidation, "liquidation", words.liquidation);
  add(config.stop_loss_price, "stop", words.stop, "stop_loss_price");
  add(config.stop_below_price, "stop", words.under, "stop_below_price");
  add(config.stop_above_price, "stop", words.over, "stop_above_price");
  add(config.take_profit_price, "target", words.target, "take_profit_price");
  return lines;
}
