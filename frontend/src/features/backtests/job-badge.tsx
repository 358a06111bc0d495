"use client";
import { useTranslations } from "use-intl";
import type { Backtest } from "@/api/types";
import { Badge, type Tone } from "@/ui/badge";

const TONES: Record<Backtest["status"], Tone> = { queued: "plain", running: "accent", cancelling: "warn", cancelled: "plain", done: "positive", failed: "negative" };

export function isOpen(job: Pick<Backtest, "status">): boolean {
  return job.status === "queued" || job.status === "running" || job.status === "cancelling";
}

export function JobBadge({ job }: { job: Pick<Backtest, "status" | "progress"> }) {
  const t = useTranslations("jobStatus");
  return (
    <Badge tone={TONES[job.status]} dot>
      {t(job.status)}
      {isOpen(job) ? <span className="num font-normal">{job.progress.percent} %</span> : null}
    </Badge>
  );
}
