"use client";
import { useTranslations } from "use-intl";
import type { Backtest } from "@/api/types";
import { formatSpan } from "@/lib/time";
import { Panel } from "@/ui/panel";

/** How far a job is, and how long it will take. */
export function JobProgress({ job, label }: { job: Pick<Backtest, "progress">; label: string }) {
  const t = useTranslations("backtests");
  const phase = useTranslations("jobPhase");
  const { percent, eta_s: eta, candles_per_s: speed } = job.progress;
  return (
    <Panel>
      <div role="progressbar" aria-label={label} aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100} className="h-2 overflow-hidden rounded-full bg-raised">
        <div className="h-full bg-accent transition-[width]" style={{ width: `${percent}%` }} />
      </div>
      <p className="num mt-2 flex flex-wrap gap-x-3 text-xs text-muted">
        <span className="text-text">{t("phase", { phase: phase(job.progress.phase ?? "queued"), percent: percent ?? 0 })}</span>
        {eta !== null && eta !== undefined ? <span>{t("eta", { time: formatSpan(eta) })}</span> : null}
        {speed ? <span>{t("speed", { count: speed })}</span> : null}
      </p>
    </Panel>
  );
}
