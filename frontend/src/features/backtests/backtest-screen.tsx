"use client";
import { ArrowLeft } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useBacktest, useBacktestBand, useBacktestEquity, useBacktestFills, useBacktestRuns, useCancelBacktest, useDeleteBacktest } from "@/api/queries/backtests";
import { ApiError } from "@/api/client";
import type { Backtest, BacktestFill, RunView } from "@/api/types";
import { EquityChart } from "@/charts/lazy";
import { Waterfall } from "@/features/bots/pnl-panel";
import { useCodeText, useErrorText } from "@/lib/errors";
import { Link, useNav } from "@/lib/nav";
import { formatDateTime } from "@/lib/time";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { Figures } from "./figures";
import { isOpen, JobBadge } from "./job-badge";
import { JobProgress } from "./job-progress";
import { KeepRun } from "./keep-run";
import { BandSwitch } from "./band-switch";
import { RunCandles } from "./run-candles";
import { RunCurves } from "./run-curves";
import { RunFills } from "./run-fills";
import { RunTable } from "./run-table";
import { useSourceText } from "./source-text";

const NONE: BacktestFill[] = [];

export default function BacktestScreen({ id }: { id: string }) {
  const t = useTranslations("backtests");
  const say = useCodeText();
  const job = useBacktest(id);
  if (job.isPending) return <Loading rows={8} />;
  if (!job.data) {
    const gone = job.error instanceof ApiError && job.error.status === 404;
    return gone ? <Empty page title={t("missing")} /> : <Failed error={job.error} retry={() => void job.refetch()} />;
  }
  return (
    <div className="space-y-3">
      <Head job={job.data} />
      {isOpen(job.data) ? <JobProgress job={job.data} label={t("progress")} /> : null}
      {job.data.status === "failed" ? (
        <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-sm text-negative">
          {t("failed", { error: say(job.data.error ?? "internal", {}) })}
        </p>
      ) : null}
      <Runs job={job.data} />
      <p className="text-[11px] leading-snug text-muted">{t("assumptions")}</p>
    </div>
  );
}

function Head({ job }: { job: Backtest }) {
  const t = useTranslations("backtests");
  const action = useTranslations("action");
  const strategy = useTranslations("strategy");
  const source = useSourceText();
  const text = useErrorText();
  const nav = useNav();
  const cancel = useCancelBacktest(job.id);
  const remove = useDeleteBacktest(job.id);
  const say = (error: unknown) => toast.error(text(error));
  const range = job.ranges[0];
  return (
    <header className="space-y-2">
      <Link href="/backtests/" className="inline-flex items-center gap-1 text-xs text-muted hover:text-text">
        <ArrowLeft aria-hidden="true" className="size-3.5" /> {t("back")}
      </Link>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="text-lg leading-tight font-semibold">{job.name || strategy(job.strategy)}</h1>
        <Badge>{strategy(job.strategy)}</Badge>
        <Badge tone={job.source.kind === "exchange" ? "plain" : "warn"}>{source(job.source)}</Badge>
        <JobBadge job={job} />
        <div className="ml-auto flex flex-wrap justify-end gap-2">
          {isOpen(job) ? (
            <Button busy={cancel.isPending} disabled={job.status === "cancelling"} onClick={() => cancel.mutate(undefined, { onError: say })}>
              {t("cancel")}
            </Button>
          ) : (
            <Button busy={remove.isPending} onClick={() => remove.mutate(undefined, { onSuccess: () => nav.go("/backtests/"), onError: say })}>
              {action("delete")}
            </Button>
          )}
          {job.best?.metrics ? <KeepRun id={job.id} run={job.best.run} /> : null}
          {job.best?.metrics ? (
            <ButtonLink look="primary" href={`/bots/new/?backtest=${job.id}&run=${job.best.run}&strategy=${job.strategy}&symbol=${encodeURIComponent(job.symbol)}`}>
              {t("createBot")}
            </ButtonLink>
          ) : null}
        </div>
      </div>
      <p className="text-[13px]">
        <span className="font-medium">{job.symbol}</span>{" "}
        {range ? (
          <span className="num text-muted">
            {formatDateTime(range.first)} – {formatDateTime(range.last)}
          </span>
        ) : null}
      </p>
    </header>
  );
}

/** One run, or several beside each other with one chosen. */
function Runs({ job }: { job: Backtest }) {
  const t = useTranslations("runs");
  const several = job.runs > 1 && !isOpen(job);
  const runs = useBacktestRuns(job.id, several || (!job.best && !isOpen(job))); // without a best one there are findings to be read
  const [chosen, setChosen] = useState<number | null>(null);
  const items = runs.data?.items ?? [];
  const run = items.find((one) => one.run === chosen) ?? job.best ?? items[0];
  return (
    <>
      {several ? (
        <Panel title={t("compare", { count: job.runs })} flush>
          {runs.isPending ? <Loading /> : <RunTable label={t("label")} runs={items} chosen={run?.run} onChoose={setChosen} many={job.ranges.length > 1} />}
        </Panel>
      ) : null}
      {several && job.kept ? <RunCurves id={job.id} runs={items} /> : null}
      {run ? <Run key={run.run} job={job} run={run} /> : null}
    </>
  );
}

function Run({ job, run }: { job: Backtest; run: RunView }) {
  const t = useTranslations("backtests");
  const reason = useTranslations("reason");
  const say = useCodeText();
  const kept = Boolean(run.kept || job.kept) && !isOpen(job);
  const equity = useBacktestEquity(job.id, run.run, kept);
  const fills = useBacktestFills(job.id, run.run, kept);
  const band = useBacktestBand(job.id, run.run, kept);
  const [withBand, setWithBand] = useState(true);
  const points = useMemo(() => (equity.data?.items ?? []).map(({ at, total }) => ({ at, value: total })), [equity.data]);
  const prices = useMemo(() => (equity.data?.items ?? []).map(({ at, price }) => ({ at, price })), [equity.data]);
  if (run.refused && run.refused.length > 0) {
    return (
      <Panel title={t("refused")}>
        <ul className="space-y-1 text-sm text-negative">
          {run.refused.map((finding, index) => (
            <li key={index}>
              {finding.field}: {say(finding.code, finding.params ?? {})}
            </li>
          ))}
        </ul>
      </Panel>
    );
  }
  if (!run.metrics) return null;
  return (
    <div className="grid gap-3 xl:grid-cols-[minmax(0,1fr)_320px]">
      <div className="min-w-0 space-y-3">
        <Panel title={t("equity")} flush>
          {points.length > 1 ? (
            <>
              <EquityChart label={t("equity")} points={points} height={340} drawdown band={withBand ? band.data?.items : undefined} />
              <BandSwitch band={band.data ?? null} on={withBand} onChange={setWithBand} unit={run.metrics.currency} />
            </>
          ) : equity.isPending && kept ? (
            <Loading />
          ) : (
            <Empty title={t("noEquity")} />
          )}
        </Panel>
        {kept ? <RunCandles job={job} run={run} fills={fills.data?.items ?? NONE} prices={prices} /> : null}
        <Panel title={t("fills")} flush actions={fills.data?.next ? <span className="text-xs text-muted">{t("firstFills", { count: fills.data.items.length })}</span> : null}>
          {fills.isPending && kept ? <Loading /> : <RunFills symbol={job.symbol} fills={fills.data?.items ?? []} />}
        </Panel>
      </div>
      <div className="grid content-start gap-3 sm:grid-cols-2 xl:grid-cols-1">
        <Panel title={t("split")}>
          <Waterfall parts={{ ...run.metrics.pnl, currency: run.metrics.currency, hodl: run.metrics.hodl }} />
          {run.reason ? <p className="mt-2 text-xs text-muted">{t("reason", { reason: reason.has(run.reason as never) ? reason(run.reason as never) : run.reason })}</p> : null}
        </Panel>
        <Panel title={t("figures")}>
          <Figures run={run} metrics={run.metrics} />
        </Panel>
      </div>
    </div>
  );
}
