"use client";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useFills } from "@/api/queries/bots";
import type { Bot, Fill } from "@/api/types";
import { compare, formatAmount, formatMoney, formatPrice } from "@/lib/money";
import { formatDateTime, formatFull } from "@/lib/time";
import { DataTable } from "@/ui/data-table";
import { Empty, Failed, Loading } from "@/ui/states";
import { useRules } from "@/features/market/use-market";
import { SideTag } from "./side-tag";
import { baseOf, quoteOf } from "./words";

const column = createColumnHelper<Fill>();

export function FillTable({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const role = useTranslations("role");
  const fills = useFills(bot.id);
  const { tick, amountDecimals } = useRules(bot);
  const columns = useMemo(
    () => [
      column.accessor("at", {
        header: t("time"),
        cell: ({ getValue }) => (
          <time dateTime={getValue()} title={formatFull(getValue())} className="num text-muted">
            {formatDateTime(getValue())}
          </time>
        ),
      }),
      column.accessor("side", { header: t("side"), cell: ({ getValue }) => <SideTag side={getValue()} /> }),
      column.accessor("price", {
        header: `${t("price")} (${quoteOf(bot.symbol)})`,
        meta: { right: true },
        sortingFn: (a, b) => compare(a.original.price, b.original.price),
        cell: ({ getValue }) => formatPrice(getValue(), tick),
      }),
      column.accessor("amount", {
        header: `${t("amount")} (${baseOf(bot.symbol)})`,
        meta: { right: true },
        sortingFn: (a, b) => compare(a.original.amount, b.original.amount),
        cell: ({ getValue }) => formatAmount(getValue(), amountDecimals),
      }),
      column.accessor("cost", {
        header: `${t("cost")} (${quoteOf(bot.symbol)})`,
        meta: { right: true, from: "sm" },
        sortingFn: (a, b) => compare(a.original.cost, b.original.cost),
        cell: ({ getValue }) => formatMoney(getValue()),
      }),
      column.accessor("fee", {
        header: t("fee"),
        meta: { right: true, from: "md" },
        enableSorting: false,
        cell: ({ row: { original: fill } }) => `${formatAmount(fill.fee)} ${fill.fee_currency}`,
      }),
      column.accessor("role", {
        header: t("role"),
        meta: { from: "md" },
        cell: ({ row: { original: fill } }) => <span className="text-muted">{fill.role ? role(fill.role) : "–"}</span>,
      }),
      column.accessor("leg", { header: t("level"), meta: { from: "lg" }, cell: ({ getValue }) => <span className="text-muted">{getValue()}</span> }),
      column.accessor("maker", {
        header: t("liquidity"),
        meta: { from: "lg" },
        cell: ({ getValue }) => <span className="text-muted">{t(getValue() ? "maker" : "taker")}</span>,
      }),
    ],
    [t, role, bot.symbol, tick, amountDecimals],
  );
  if (fills.isPending) return <Loading />;
  if (fills.isError && !fills.data) return <Failed error={fills.error} retry={() => void fills.refetch()} />;
  if (fills.data.items.length === 0) return <Empty title={t("noFills")} />;
  return <DataTable label={t("fills")} columns={columns} rows={fills.data.items} rowId={(fill) => fill.id} maxHeight={480} />;
}
