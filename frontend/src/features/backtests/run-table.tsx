"use client";
/** Runs beside each other: only what differs is named, and one is chosen to look at. */
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { RunView } from "@/api/types";
import { useCodeText } from "@/lib/errors";
import { compare, formatDecimal } from "@/lib/money";
import { DataTable } from "@/ui/data-table";
import { Money, Percent } from "@/ui/figure";
import { overridesText, useFieldName } from "./field-name";

/** Why there are no figures, as the strategy says it. */
function Refused({ run }: { run: RunView }) {
  const t = useTranslations("runs");
  const say = useCodeText();
  const why = run.refused?.[0];
  return (
    <span className="inline-flex flex-col items-end font-sans leading-tight text-muted">
      {t("couldNotStart")}
      {why ? <span className="max-w-56 text-[11px] whitespace-normal">{say(why.code, why.params ?? {})}</span> : null}
    </span>
  );
}

const column = createColumnHelper<RunView>();
const by = (pick: (run: RunView) => string | null | undefined) => (a: { original: RunView }, b: { original: RunView }) => compare(pick(a.original) ?? "0", pick(b.original) ?? "0");

type Props = { runs: RunView[]; label: string; chosen?: number; onChoose: (run: number) => void; many?: boolean };

export function RunTable({ runs, label, chosen, onChoose, many }: Props) {
  const t = useTranslations("runs");
  const words = useTranslations("backtests");
  const name = useFieldName();
  const columns = useMemo(
    () => [
      column.accessor("run", {
        header: t("run"),
        cell: ({ row: { original: run } }) => (
          <button type="button" aria-pressed={chosen === run.run} onClick={() => onChoose(run.run)} className="text-left hover:text-accent aria-pressed:text-accent">
            <span className="font-medium">{overridesText(run.overrides, name) || t("asPlanned")}</span>
            {many ? <span className="ml-1 text-[11px] text-muted">{t("range", { number: (run.range ?? 0) + 1 })}</span> : null}
          </button>
        ),
      }),
      column.accessor((run) => run.metrics?.pnl.total ?? undefined, {
        id: "total",
        sortUndefined: "last",
        header: words("total"),
        meta: { right: true },
        sortingFn: by((run) => run.metrics?.pnl.total),
        cell: ({ row: { original: run } }) => (run.metrics ? <Money value={run.metrics.pnl.total} unit={run.metrics.currency} sign /> : <Refused run={run} />),
      }),
      column.accessor((run) => run.metrics?.roi_pct ?? undefined, { id: "roi", sortUndefined: "last", header: words("roi"), meta: { right: true, from: "sm" }, sortingFn: by((run) => run.metrics?.roi_pct), cell: ({ getValue }) => <Percent value={getValue()} /> }),
      column.accessor((run) => run.metrics?.max_drawdown_pct ?? undefined, {
        id: "drawdown",
        sortUndefined: "last",
        header: words("drawdown"),
        meta: { right: true, from: "sm" },
        sortingFn: by((run) => run.metrics?.max_drawdown_pct),
        cell: ({ getValue }) => (getValue() ? `${formatDecimal(getValue() ?? "0", { decimals: 2 })} %` : "–"),
      }),
      column.accessor((run) => run.metrics?.fees_paid ?? undefined, {
        id: "fees",
        sortUndefined: "last",
        header: words("fees"),
        meta: { right: true, from: "md" },
        sortingFn: by((run) => run.metrics?.fees_paid),
        cell: ({ row }) => <Money value={row.original.metrics?.fees_paid} unit={row.original.metrics?.currency} />,
      }),
      column.accessor((run) => run.metrics?.fills ?? undefined, { id: "fills", header: words("fills"), sortUndefined: "last", meta: { right: true, from: "md" }, cell: ({ getValue }) => (getValue() === undefined ? "–" : formatDecimal(String(getValue()))) }),
    ],
    [t, words, name, chosen, onChoose, many],
  );
  return <DataTable label={label} columns={columns} rows={runs} rowId={(run) => String(run.run)} maxHeight={360} initialSort={[{ id: "total", desc: true }]} />;
}
