"use client";
import { createColumnHelper } from "@tanstack/react-table";
import { createContext, memo, useContext, useMemo } from "react";
import { useTranslations } from "use-intl";
import { useEquity } from "@/api/queries/bots";
import { rowOf, usePortfolio } from "@/api/queries/portfolio";
import type { Bot, Portfolio } from "@/api/types";
import { Sparkline } from "@/charts/sparkline";
import { ModeBadge } from "@/features/shell/mode-badge";
import { compare, formatDecimal, formatPrice } from "@/lib/money";
import { Link } from "@/lib/nav";
import { useNow } from "@/lib/now";
import { useStayed } from "@/lib/stayed";
import { ageSeconds, formatFull, formatSpan } from "@/lib/time";
import { DataTable, type Selection } from "@/ui/data-table";
import { Money, Percent } from "@/ui/figure";
import { pricedOf, type Priced } from "./priced";
import { PricedAge } from "./priced-age";
import { StatusBadge } from "./status-badge";
import { quoteOf } from "./words";

const column = createColumnHelper<Bot>();

type Props = { bots: Bot[]; label: string; selection?: Selection };

/** The market's prices, asked for once by the table and not by every row. */
const Prices = createContext<Portfolio | undefined>(undefined);

function usePriced(bot: Bot): Priced {
  return pricedOf(bot, rowOf(useContext(Prices), bot.id));
}

function BotTable({ bots, label, selection }: Props) {
  const prices = usePortfolio().data;
  const t = useTranslations("bots");
  const strategy = useTranslations("strategy");
  const choosing = selection !== undefined;
  const columns = useMemo(
    () => [
      ...(choosing ? [chooser(t("chooseAll"), (name) => t("choose", { name }))] : []),
      column.accessor("name", {
        header: t("name"),
        cell: ({ row: { original: bot } }) => (
          <Link href={`/bots/?id=${bot.id}`} className="block min-w-0 hover:text-accent">
            <span className="block max-w-48 truncate font-medium">{bot.name}</span>
            <span className="block text-[11px] text-muted">
              {strategy(bot.strategy)}
              <span className="@2xl:hidden"> · {bot.symbol}</span>
            </span>
            <span className="mt-0.5 block @2xl:hidden">
              <ModeBadge exchange={bot.exchange} market={bot.market} />
            </span>
          </Link>
        ),
      }),
      column.accessor("symbol", {
        header: t("symbol"),
        meta: { from: "md" },
        cell: ({ row: { original: bot } }) => (
          <span className="flex items-center gap-2">
            {bot.symbol} <ModeBadge exchange={bot.exchange} market={bot.market} />
          </span>
        ),
      }),
      column.accessor("status", { header: t("status"), cell: ({ row }) => <StatusBadge bot={row.original} /> }),
      column.accessor("price", {
        header: t("price"),
        enableSorting: false,
        meta: { right: true, from: "lg" },
        cell: ({ row }) => <PriceNow bot={row.original} />,
      }),
      column.accessor((bot) => bot.pnl?.total ?? null, {
        id: "pnl",
        header: t("pnl"),
        meta: { right: true },
        sortingFn: (a, b) => compare(a.original.pnl?.total ?? "0", b.original.pnl?.total ?? "0"),
        cell: ({ row }) => <TotalNow bot={row.original} />,
      }),
      column.display({ id: "trend", header: t("trend"), meta: { from: "xl" }, cell: ({ row: { original: bot } }) => <Trend id={bot.id} name={bot.name} /> }),
      column.accessor("deals", { cell: count, header: t("deals"), meta: { right: true, from: "lg" } }),
      column.accessor("open_orders", { cell: count, header: t("orders"), meta: { right: true, from: "md" } }),
      column.accessor("fills", { cell: count, header: t("fills"), meta: { right: true, from: "md" } }),
      column.accessor("last_tick_at", {
        header: t("updated"),
        meta: { right: true, from: "xl" },
        cell: ({ getValue }) => <Age at={getValue()} />,
      }),
    ],
    [t, strategy, choosing],
  );
  return (
    <Prices value={prices}>
      <DataTable label={label} columns={columns} rows={bots} rowId={(bot) => bot.id} selection={selection} />
    </Prices>
  );
}

/** With the same bots nothing is drawn: who shows it may lag behind the feed on purpose. */
export default memo(BotTable);

function count({ getValue }: { getValue: () => number | undefined }) {
  return formatDecimal(String(getValue() ?? 0));
}

/** A box in front of each row, and one for all that is shown. */
function chooser(all: string, one: (name: string) => string) {
  const look = "block size-4 accent-[var(--accent-solid)]";
  return column.display({
    id: "chosen",
    meta: { from: "sm" },
    header: ({ table }) => <input type="checkbox" aria-label={all} className={look} checked={table.getIsAllRowsSelected()} ref={mixed(table.getIsSomeRowsSelected())} onChange={table.getToggleAllRowsSelectedHandler()} />,
    cell: ({ row }) => <input type="checkbox" aria-label={one(row.original.name)} className={look} checked={row.getIsSelected()} onChange={row.getToggleSelectedHandler()} />,
  });
}

/** "Some of them" has no attribute, only a property. */
function mixed(on: boolean): (box: HTMLInputElement | null) => void {
  return (box) => {
    if (box) box.indeterminate = on;
  };
}

function PriceNow({ bot }: { bot: Bot }) {
  const priced = usePriced(bot);
  if (!priced.price) return <span className="text-muted">–</span>;
  return (
    <span className="inline-flex flex-col items-end leading-tight">
      <span>
        {formatPrice(priced.price)} <span className="text-[11px] text-muted">{quoteOf(bot.symbol)}</span>
      </span>
      <PricedAge priced={priced} className="text-[11px] text-muted" />
    </span>
  );
}

function TotalNow({ bot }: { bot: Bot }) {
  const priced = usePriced(bot);
  return (
    <span className="inline-flex flex-col items-end leading-tight">
      <Money value={priced.total} unit={bot.pnl?.currency} sign className="font-medium" />
      <span className="text-[11px]">
        <Percent value={priced.totalPct} />
      </span>
    </span>
  );
}

/** A row that only passes by, scrolled or sorted away at once, asks for nothing. */
const LOOKED_AT_MS = 250;

/** Drawn only for rows in view, since a table of hundreds holds only those, and not again with every figure beside it. */
const Trend = memo(function Trend({ id, name }: { id: string; name: string }) {
  const t = useTranslations("bots");
  const equity = useEquity(id, useStayed(LOOKED_AT_MS));
  const values = useMemo(() => (equity.data?.items ?? []).slice(0, 60).map((point) => point.total).reverse(), [equity.data]);
  return <Sparkline values={values} label={t("trendLabel", { name })} />;
});

function Age({ at }: { at: string | null | undefined }) {
  const now = useNow(5_000);
  if (!at) return <span className="text-muted">–</span>;
  return <time dateTime={at} title={formatFull(at)}>{formatSpan(ageSeconds(at, now))}</time>;
}
