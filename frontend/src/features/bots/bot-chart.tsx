"use client";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useFills, useOrders } from "@/api/queries/bots";
import { useCandles, type Timeframe } from "@/api/queries/market";
import type { Bot, Order } from "@/api/types";
import type { ChartLine, ChartMark } from "@/charts/candle-chart";
import { CandleChart } from "@/charts/lazy";
import { compare } from "@/lib/money";
import { Panel } from "@/ui/panel";
import { Failed } from "@/ui/states";
import { TimeframePicker } from "@/features/market/timeframe-picker";
import { useRules } from "@/features/market/use-market";
import { CandleTable } from "@/features/market/candle-table";

const LABELLED = 2;

export function BotChart({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const [timeframe, setTimeframe] = useState<Timeframe>("1m");
  const candles = useCandles(bot.account_id, bot.symbol, timeframe);
  const orders = useOrders(bot.id);
  const fills = useFills(bot.id);
  const { tick } = useRules(bot);

  const words = useWords();
  const lines = useMemo(() => linesOf(bot, orders.data?.items ?? [], words), [bot, orders.data, words]);
  const marks = useMemo<ChartMark[]>(() => (fills.data?.items ?? []).map(({ at, side, price }) => ({ at, side, price })), [fills.data]);

  return (
    <Panel title={bot.symbol} flush actions={<TimeframePicker value={timeframe} onChange={setTimeframe} />}>
      {candles.isError && !candles.data ? (
        <Failed error={candles.error} retry={() => void candles.refetch()} />
      ) : (
        <CandleChart label={t("chart", { symbol: bot.symbol })} candles={candles.data?.items ?? []} lines={lines} marks={marks} tick={tick} height={400} />
      )}
      <CandleTable candles={candles.data?.items ?? []} tick={tick} />
    </Panel>
  );
}

type LineWords = Record<"stop" | "target" | "average" | "liquidation", string>;

function useWords(): LineWords {
  const t = useTranslations("line");
  return useMemo(() => ({ stop: t("stop"), target: t("target"), average: t("average"), liquidation: t("liquidation") }), [t]);
}

/** Resting orders (the nearest ones labelled, exits by name), the strategy's own prices, and the exits the owner set. */
function linesOf(bot: Bot, orders: Order[], words: LineWords): ChartLine[] {
  const resting = orders.filter((order): order is Order & { price: string } => order.price !== null && order.status !== "over");
  const near = nearest(resting, bot.price ?? null);
  const lines = resting.map((order): ChartLine => {
    if (order.role === "take_profit") return { price: order.price, kind: "target", title: words.target, labelled: true };
    if (order.role === "stop_loss") return { price: order.price, kind: "stop", title: words.stop, labelled: true };
    return { price: order.price, kind: order.side, labelled: near.has(order.id) };
  });
  const add = (value: unknown, kind: ChartLine["kind"], title: string) => {
    if (typeof value === "string" && /^\d/.test(value)) lines.push({ price: value, kind, title, labelled: true });
  };
  const config = bot.config as Record<string, unknown>;
  add(config.stop_loss_price, "stop", words.stop);
  add(config.take_profit_price, "target", words.target);
  const figures = bot.figures ?? {};
  add(figures.average ?? figures.average_price ?? figures.entry_price ?? figures.entry, "average", words.average);
  add(figures.stop_price ?? figures.stop_loss_price, "stop", words.stop);
  add(figures.take_profit_price, "target", words.target);
  add(figures.liquidation_price ?? figures.liquidation, "stop", words.liquidation);
  return lines;
}

/** The ids of the orders next to the price on each side: more labels than that only hide the axis. */
function nearest(orders: (Order & { price: string })[], price: string | null): Set<string> {
  const buys = orders.filter((order) => order.side === "buy");
  const sells = orders.filter((order) => order.side === "sell");
  if (price === null) return new Set();
  return new Set([...byPrice(buys).slice(-LABELLED), ...byPrice(sells).slice(0, LABELLED)].map((order) => order.id));
}

function byPrice<T extends { price: string }>(orders: T[]): T[] {
  return [...orders].sort((a, b) => compare(a.price, b.price));
}
