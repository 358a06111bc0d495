"use client";
/** One search: how far it is, what it found, where the good settings lie, and whether they held on candles it had not seen. */
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { ApiError } from "@/api/client";
import { useCancelOptimisation, useDeleteOptimisation, useOptimisation, useOptimisationRuns } from "@/api/queries/optimisations";
import type { Optimisation } from "@/api/types";
import { useCodeText, useErrorText } from "@/lib/errors";
import { formatDecimal } from "@/lib/money";
import { Link, useNav } from "@/lib/nav";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { Stat } from "@/ui/figure";
import { Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { Figures } from "./figures";
import { overridesText, useFieldName } from "./field-name";
import { HeatMapPanel } from "./heat-map";
import { isOpen, JobBadge } from "./job-badge";
import { JobProgress } from "./job-progress";
import { RunTable } from "./run-table";
import { useSourceText } from "./source-text";

export default function OptimisationScreen({ id }: { id: string }) {
  const t = useTranslations("optimise");
  const words = useTranslations("backtests");
  const say = useCodeText();
  const job = useOptimisation(id);
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
          {words("failed", { error: say(job.data.error ?? "internal", {}) })}
        </p>
      ) : null}
      <Found job={job.data} />
      <p className="text-[11px] leading-snug text-muted">{t("help")}</p>
    </div>
  );
}

function Head({ job }: { job: Optimisation }) {
  const t = useTranslations("optimise");
  const words = useTranslations("backtests");
  const action = useTranslations("action");
  const strategy = useTranslations("strategy");
  const source = useSourceText();
  const text = useErrorText();
  const nav = useNav();
  const cancel = useCancelOptimisation(job.id);
  const remove = useDeleteOptimisation(job.id);
  const say = (error: unknown) => toast.error(text(error));
  return (
    <header className="space-y-2">
      <Link href="/backtests/" className="inline-flex items-center gap-1 text-xs text-muted hover:text-text">
        <ArrowLeft aria-hidden="true" className="size-3.5" /> {words("back")}
      </Link>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="text-lg leading-tight font-semibold">{job.name || strategy(job.strategy)}</h1>
        <Badge tone="accent">{t("badge")}</Badge>
        <Badge>{strategy(job.strategy)}</Badge>
        <Badge tone={job.source.kind === "exchange" ? "plain" : "warn"}>{source(job.source)}</Badge>
        <JobBadge job={job} />
        <div className="ml-auto">
          {isOpen(job) ? (
            <Button busy={cancel.isPending} disabled={job.status === "cancelling"} onClick={() => cancel.mutate(undefined, { onError: say })}>
              {words("cancel")}
            </Button>
          ) : (
            <Button busy={remove.isPending} onClick={() => remove.mutate(undefined, { onSuccess: () => nav.go("/backtests/"), onError: say })}>
              {action("delete")}
            </Button>
          )}
        </div>
      </div>
      <p className="text-[13px]">
        <span className="font-medium">{job.symbol}</span>{" "}
        <span className="text-muted">
          {t("summary", { method: t(`method_${job.method}`), trials: job.trials, objective: t(`objective_${job.objective}`), split: job.split_pct })}
        </span>
      </p>
    </header>
  );
}

function Found({ job }: { job: Optimisation }) {
  const t = useTranslations("optimise");
  const name = useFieldName();
  const over = !isOpen(job);
  const runs = useOptimisationRuns(job.id, over);
  const [chosen, setChosen] = useState<number | null>(null);
  const items = runs.data?.items ?? [];
  const run = items.find((one) => one.run === chosen) ?? job.best ?? null;
  return (
    <div className="grid gap-3 xl:grid-cols-[minmax(0,1fr)_320px]">
      <div className="min-w-0 space-y-3">
        <HeatMapPanel job={job} ready={over && items.length > 0} />
        <Panel title={t("trials")} flush>
          {runs.isLoading ? <Loading /> : null}
          {items.length > 0 ? <RunTable label={t("trials")} runs={items} chosen={run?.run} onChoose={setChosen} /> : !runs.isLoading ? <Empty title={t("noTrials")} /> : null}
        </Panel>
      </div>
      <div className="grid content-start gap-3 sm:grid-cols-2 xl:grid-cols-1">
        {job.overfit ? <Overfit overfit={job.overfit} unit={job.objective === "pnl" || job.objective === "worst_month" ? " %" : ""} /> : null}
        {run?.metrics ? (
          <Panel title={t(run.run === job.best?.run ? "best" : "trial")}>
            <p className="mb-3 text-[13px] font-medium">{overridesText(run.overrides, name)}</p>
            <Figures run={run} metrics={run.metrics} />
            <div className="mt-3">
              <ButtonLink look="primary" href={`/bots/new/?optimisation=${job.id}&run=${run.run}&strategy=${job.strategy}&symbol=${encodeURIComponent(job.symbol)}`}>
                {t("createBot")}
              </ButtonLink>
            </div>
          </Panel>
        ) : null}
      </div>
    </div>
  );
}

/** Whether what was found is worth anything on candles the search never saw. */
function Overfit({ overfit, unit }: { overfit: NonNullable<Optimisation["overfit"]>; unit: string }) {
  const t = useTranslations("optimise");
  const show = (value: string | null | undefined, unit = "") => (value === null || value === undefined ? "–" : `${formatDecimal(value, { max: 2 })}${unit}`);
  return (
    <Panel title={t("overfit")}>
      {overfit.warning ? <p role="alert" className="mb-3 rounded-md bg-warn-soft px-3 py-2 text-xs text-warn">{t("overfitWarning")}</p> : null}
      <dl className="grid grid-cols-2 gap-3">
        <Stat label={t("inSample")}>{show(overfit.in_sample, unit)}</Stat>
        <Stat label={t("outOfSample")}>{show(overfit.out_of_sample, unit)}</Stat>
        <Stat label={t("kept")}>{show(overfit.kept_pct, " %")}</Stat>
        <Stat label={t("rank")}>{show(overfit.rank_correlation)}</Stat>
      </dl>
    </Panel>
  );
}
