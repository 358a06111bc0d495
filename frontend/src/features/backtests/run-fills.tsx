"use client";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { BacktestFill } from "@/api/types";
import { SideTag } from "@/features/bots/side-tag";
import { baseOf, quoteOf } from "@/features/bots/words";
import { formatAmount, formatPrice } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import { DataTable } from "@/ui/data-table";
import { Empty } from "@/ui/states";

const column = createColumnHelper<BacktestFill>();

export function RunFills({ symbol, fills }: { symbol: string; fills: BacktestFill[] }) {
  const t = useTranslations("backtests");
  const bot = useTranslations("bot");
  const role = useTranslations("role");
  const columns = useMemo(
    () => [
      column.accessor("at", { header: t("time"), cell: ({ getValue }) => <span className="num text-muted">{formatDateTime(getValue())}</span> }),
      column.accessor("side", { header: bot("side"), cell: ({ getValue }) => <SideTag side={getValue() === "sell" ? "sell" : "buy"} /> }),
      column.accessor("price", { header: `${bot("price")} (${quoteOf(symbol)})`, meta: { right: true }, enableSorting: false, cell: ({ getValue }) => formatPrice(getValue()) }),
      column.accessor("amount", { header: `${bot("amount")} (${baseOf(symbol)})`, meta: { right: true }, enableSorting: false, cell: ({ getValue }) => formatAmount(getValue()) }),
      column.accessor("fee", { header: bot("fee"), meta: { right: true, from: "sm" }, enableSorting: false, cell: ({ row }) => `${formatAmount(row.original.fee)} ${row.original.fee_currency}` }),
      column.accessor("role", {
        header: bot("role"),
        meta: { from: "sm" },
        cell: ({ getValue }) => <span className="text-muted">{role.has(getValue() as never) ? role(getValue() as never) : getValue()}</span>,
      }),
    ],
    [t, bot, role, symbol],
  );
  if (fills.length === 0) return <Empty title={t("noFills")} />;
  return <DataTable label={t("fills")} columns={columns} rows={fills} rowId={(fill) => String(fill.n)} maxHeight={420} />;
}
