"use client";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useFills, useOrders } from "@/api/queries/bots";
import { useCandles, usePastCandles, type Timeframe } from "@/api/queries/market";
import type { Bot } from "@/api/types";
import type { ChartMark } from "@/charts/candle-chart";
import { joined } from "@/charts/history";
import { CandleChart } from "@/charts/lazy";
import { Panel } from "@/ui/panel";
import { Failed } from "@/ui/states";
import { TimeframePicker } from "@/features/market/timeframe-picker";
import { useRules } from "@/features/market/use-market";
import { CandleTable } from "@/features/market/candle-table";
import { chartLines } from "./chart-lines";
import { watchedPrices } from "./watched-prices";

export function BotChart({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const [timeframe, setTimeframe] = useState<Timeframe>("1m");
  const candles = useCandles(bot.account_id, bot.symbol, timeframe);
  const { past, busy, earlier } = usePastCandles(bot.account_id, bot.symbol, timeframe);
  const shown = useMemo(() => joined(past, candles.data?.items ?? []), [past, candles.data]);
  const orders = useOrders(bot.id);
  const fills = useFills(bot.id);
  const { tick } = useRules(bot);

  const line = useTranslations("line");
  const lines = useMemo(() => chartLines(watchedPrices(bot), orders.data?.items ?? [], bot.price ?? null, (name) => line(name)), [bot, orders.data, line]);
  const marks = useMemo<ChartMark[]>(() => (fills.data?.items ?? []).map(({ at, side, price }) => ({ at, side, price })), [fills.data]);

  return (
    <Panel
      title={bot.symbol}
      flush
      actions={
        <>
          <span role="status" className="text-[11px] text-muted">
            {busy ? t("readingPast") : null}
          </span>
          <TimeframePicker value={timeframe} onChange={setTimeframe} />
        </>
      }
    >
      {candles.isError && !candles.data ? (
        <Failed error={candles.error} retry={() => void candles.refetch()} />
      ) : (
        <CandleChart label={t("chart", { symbol: bot.symbol })} candles={shown} lines={lines} marks={marks} tick={tick} height={400} onEarlier={() => void earlier(shown).catch(() => undefined)} />
      )}
      <CandleTable candles={candles.data?.items ?? []} tick={tick} />
    </Panel>
  );
}
