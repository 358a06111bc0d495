"use client";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useBacktests } from "@/api/queries/backtests";
import { useOptimisations } from "@/api/queries/optimisations";
import type { Backtest } from "@/api/types";
import { compare, formatDecimal } from "@/lib/money";
import { Link } from "@/lib/nav";
import { formatDateTime } from "@/lib/time";
import { ButtonLink } from "@/ui/button";
import { DataTable } from "@/ui/data-table";
import { Money, Percent } from "@/ui/figure";
import { PageHead, Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { JobBadge } from "./job-badge";
import { useSourceText } from "./source-text";

export function BacktestsScreen() {
  const t = useTranslations("backtests");
  const bots = useTranslations("bots");
  const jobs = useBacktests();
  return (
    <>
      <PageHead title={t("title")} hint={t("hint")}>
        <ButtonLink href="/bots/new/" look="primary">
          {bots("new")}
        </ButtonLink>
      </PageHead>
      <Panel flush>
        {jobs.isPending ? <Loading /> : null}
        {jobs.isError && !jobs.data ? <Failed error={jobs.error} retry={() => void jobs.refetch()} /> : null}
        {jobs.data?.items.length === 0 ? <Empty title={t("emptyTitle")}>{t("emptyText")}</Empty> : null}
        {jobs.data && jobs.data.items.length > 0 ? <JobTable jobs={jobs.data.items} /> : null}
      </Panel>
      <Searches />
    </>
  );
}

/** Searches for better settings; shown once there is one. */
function Searches() {
  const t = useTranslations("optimise");
  const strategy = useTranslations("strategy");
  const jobs = useOptimisations();
  if (!jobs.data || jobs.data.items.length === 0) return null;
  return (
    <Panel flush title={t("title")} className="mt-3">
      <ul className="divide-y divide-line">
        {jobs.data.items.map((job) => (
          <li key={job.id}>
            <Link href={`/backtests/?search=${job.id}`} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2.5 text-[13px] hover:bg-hover">
              <span className="font-medium">{job.name || strategy(job.strategy)}</span>
              <span className="text-[11px] text-muted">
                {strategy(job.strategy)} · {job.symbol} · {t("trialCount", { count: job.trials })}
              </span>
              <JobBadge job={job} />
              <span className="ml-auto">
                <Money value={job.best?.metrics?.pnl.total} unit={job.best?.metrics?.currency} sign />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const column = createColumnHelper<Backtest>();
const metricsOf = (job: Backtest) => job.best?.metrics ?? null;
const by = (pick: (job: Backtest) => string | null | undefined) => (a: { original: Backtest }, b: { original: Backtest }) => compare(pick(a.original) ?? "0", pick(b.original) ?? "0");

function JobTable({ jobs }: { jobs: Backtest[] }) {
  const t = useTranslations("backtests");
  const strategy = useTranslations("strategy");
  const source = useSourceText();
  const columns = useMemo(
    () => [
      column.accessor("name", {
        header: t("name"),
        cell: ({ row: { original: job } }) => (
          <Link href={`/backtests/?id=${job.id}`} className="block hover:text-accent">
            <span className="block max-w-56 truncate font-medium">{job.name || strategy(job.strategy)}</span>
            <span className="block text-[11px] text-muted">
              {strategy(job.strategy)} · {job.symbol} · {source(job.source)}
            </span>
          </Link>
        ),
      }),
      column.accessor("status", { header: t("status"), cell: ({ row }) => <JobBadge job={row.original} /> }),
      column.accessor((job) => metricsOf(job)?.pnl.total ?? undefined, {
        id: "total",
        sortUndefined: "last",
        header: t("total"),
        meta: { right: true },
        sortingFn: by((job) => metricsOf(job)?.pnl.total),
        cell: ({ row }) => <Money value={metricsOf(row.original)?.pnl.total} unit={metricsOf(row.original)?.currency} sign />,
      }),
      column.accessor((job) => metricsOf(job)?.roi_pct ?? undefined, { id: "roi", sortUndefined: "last", header: t("roi"), meta: { right: true, from: "sm" }, sortingFn: by((job) => metricsOf(job)?.roi_pct), cell: ({ getValue }) => <Percent value={getValue()} /> }),
      column.accessor((job) => metricsOf(job)?.vs_hodl ?? undefined, {
        id: "hodl",
        sortUndefined: "last",
        header: t("vsHodl"),
        meta: { right: true, from: "md" },
        sortingFn: by((job) => metricsOf(job)?.vs_hodl),
        cell: ({ row }) => <Money value={metricsOf(row.original)?.vs_hodl} unit={metricsOf(row.original)?.currency} sign />,
      }),
      column.accessor((job) => metricsOf(job)?.max_drawdown_pct ?? undefined, {
        id: "drawdown",
        sortUndefined: "last",
        header: t("drawdown"),
        meta: { right: true, from: "md" },
        sortingFn: by((job) => metricsOf(job)?.max_drawdown_pct),
        cell: ({ getValue }) => (getValue() ? `${formatDecimal(getValue() ?? "0", { decimals: 2 })} %` : "–"),
      }),
      column.accessor((job) => metricsOf(job)?.sharpe ?? undefined, {
        id: "sharpe",
        sortUndefined: "last",
        header: t("sharpe"),
        meta: { right: true, from: "lg" },
        sortingFn: by((job) => metricsOf(job)?.sharpe),
        cell: ({ getValue }) => (getValue() ? formatDecimal(getValue() ?? "0", { decimals: 2 }) : "–"),
      }),
      column.accessor("created_at", { header: t("created"), meta: { right: true, from: "lg" }, cell: ({ getValue }) => <span className="text-muted">{formatDateTime(getValue())}</span> }),
    ],
    [t, strategy, source],
  );
  return <DataTable label={t("tableLabel")} columns={columns} rows={jobs} rowId={(job) => job.id} />;
}
