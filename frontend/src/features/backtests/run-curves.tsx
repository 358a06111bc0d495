"use client";
/** The curves of a few runs in one picture, each with its colour and its name. */
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { backtestEquityQuery } from "@/api/queries/backtests";
import type { RunView } from "@/api/types";
import { CurvesChart } from "@/charts/lazy";
import { Panel } from "@/ui/panel";
import { overridesText, useFieldName } from "./field-name";

/** Told apart also by those who see few colours; more curves than these are a tangle. */
const COLOURS = ["#4c8dff", "#e69f00", "#2bb3a3", "#d55ec0", "#9b7bff", "#c9b037"] as const;

export function RunCurves({ id, runs }: { id: string; runs: readonly RunView[] }) {
  const t = useTranslations("runs");
  const name = useFieldName();
  const shown = runs.filter((run) => run.kept && run.metrics).slice(0, COLOURS.length);
  const curves = useQueries({ queries: shown.map((run) => backtestEquityQuery(id, run.run)) });
  const stamp = curves.map((curve) => curve.dataUpdatedAt).join("|");
  const drawn = useMemo(
    () =>
      shown.map((run, index) => ({
        name: overridesText(run.overrides, name) || t("asPlanned"),
        color: COLOURS[index] ?? COLOURS[0],
        points: (curves[index]?.data?.items ?? []).map(({ at, total }) => ({ at, value: total })),
      })),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the stamp changes exactly when the curves do
    [stamp, name, t],
  );
  if (drawn.filter((curve) => curve.points.length > 1).length < 2) return null;
  return (
    <Panel title={t("curves")} flush>
      <CurvesChart label={t("curves")} curves={drawn} height={280} />
      <ul className="flex flex-wrap gap-x-4 gap-y-1 px-3 py-2 text-xs">
        {drawn.map((curve, index) => (
          <li key={shown[index]?.run} className="flex items-center gap-1.5">
            <span aria-hidden="true" className="h-0.5 w-4 rounded" style={{ background: curve.color }} /> {curve.name}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
