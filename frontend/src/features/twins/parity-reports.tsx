"use client";
/** The weekly reports, newest first. */
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useParityReports } from "@/api/queries/twins";
import type { Bot, ParityReport } from "@/api/types";
import { formatDecimal } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import { DataTable } from "@/ui/data-table";
import { Failed, Loading } from "@/ui/states";
import { drift, Verdict } from "./parity";

const column = createColumnHelper<ParityReport>();

export function ParityReports({ bot }: { bot: Bot }) {
  const t = useTranslations("twin");
  const reports = useParityReports(bot.id);
  const columns = useMemo(
    () => [
      column.accessor("until", { header: t("week"), cell: ({ getValue }) => <span className="num">{formatDateTime(getValue())}</span> }),
      column.display({ id: "verdict", header: t("verdict"), cell: ({ row }) => <Verdict report={row.original} /> }),
      column.accessor("paired", { header: t("paired"), meta: { right: true, from: "sm" }, cell: ({ getValue }) => formatDecimal(String(getValue())) }),
      column.accessor("price_drift_pct", { header: t("priceDrift"), enableSorting: false, meta: { right: true }, cell: ({ getValue }) => drift(getValue()) }),
      column.accessor("fee_drift_pct", { header: t("feeDrift"), enableSorting: false, meta: { right: true, from: "md" }, cell: ({ getValue }) => drift(getValue()) }),
    ],
    [t],
  );
  if (reports.isPending) return <Loading />;
  if (!reports.data) return <Failed error={reports.error} retry={() => void reports.refetch()} />;
  return (
    <section className="rounded-lg border border-line">
      <h3 className="border-b border-line px-3 py-2 text-[13px] font-semibold">{t("reports")}</h3>
      {reports.data.items.length === 0 ? (
        <p className="p-3 text-xs text-muted">{t("noReports")}</p>
      ) : (
        <DataTable label={t("reports")} columns={columns} rows={reports.data.items} rowId={(report) => report.until} maxHeight={320} />
      )}
    </section>
  );
}
