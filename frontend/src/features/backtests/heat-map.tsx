"use client";
/** The best result found near each pair of values: a table of numbers first, colours second. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useHeatMap } from "@/api/queries/optimisations";
import type { HeatMap as Heat, Optimisation } from "@/api/types";
import { quoteOf } from "@/features/bots/words";
import { heatColour, heatOf } from "@/charts/heat";
import { formatDecimal } from "@/lib/money";
import { SelectField } from "@/ui/field";
import { Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { useFieldName } from "./field-name";

/** What the figures of the map are, and in which unit; a ratio has none. */
function What({ job }: { job: Optimisation }) {
  const t = useTranslations("optimise");
  const objective = t(`objective_${job.objective}`);
  const units: Partial<Record<Optimisation["objective"], string>> = { pnl: job.best?.metrics?.currency ?? quoteOf(job.symbol), worst_month: "%" };
  const unit = units[job.objective];
  return <p className="mb-2 text-[11px] text-muted">{unit ? t("heatUnit", { objective, unit }) : objective}</p>;
}

export function HeatMapPanel({ job, ready }: { job: Optimisation; ready: boolean }) {
  const t = useTranslations("optimise");
  const name = useFieldName();
  const fields = job.space.map((one) => one.field);
  const [x, setX] = useState(fields[0] ?? "");
  const [y, setY] = useState(fields[1] ?? "");
  const map = useHeatMap(job.id, x, y, ready);
  const pick = (label: string, value: string, set: (value: string) => void, other: string) => (
    <SelectField label={label} value={value} onChange={(event) => set(event.target.value)}>
      {fields
        .filter((field) => field !== other)
        .map((field) => (
          <option key={field} value={field}>
            {name(field)}
          </option>
        ))}
    </SelectField>
  );
  if (fields.length < 2) return null;
  return (
    <Panel title={t("heatMap")}>
      <div className="mb-3 grid max-w-md grid-cols-2 gap-3">
        {pick(t("across"), x, setX, y)}
        {pick(t("down"), y, setY, x)}
      </div>
      {!ready ? <Empty title={t("heatLater")} /> : null}
      {ready && map.isPending ? <Loading /> : null}
      {map.isError && !map.data ? <Failed error={map.error} retry={() => void map.refetch()} /> : null}
      {map.data?.cells.length === 0 ? <Empty title={t("heatEmpty")} /> : null}
      {map.data && map.data.cells.length > 0 ? <What job={job} /> : null}
      {map.data && map.data.cells.length > 0 ? <Grid map={map.data} label={t("heatLabel", { x: name(x), y: name(y) })} /> : null}
    </Panel>
  );
}

function Grid({ map, label }: { map: Heat; label: string }) {
  const t = useTranslations("optimise");
  const values = map.cells.map((cell) => cell.value);
  const at = new Map(map.cells.map((cell) => [`${cell.x}|${cell.y}`, cell]));
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className="overflow-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="border-separate border-spacing-0.5 text-[11px]">
        <thead>
          <tr>
            <td />
            {map.xs.map((x) => (
              <th key={x} scope="col" className="num px-1 py-1 font-medium whitespace-nowrap text-muted">
                {formatDecimal(x, { max: 4 })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {map.ys.map((y) => (
            <tr key={y}>
              <th scope="row" className="num px-1 text-right font-medium whitespace-nowrap text-muted">
                {formatDecimal(y, { max: 4 })}
              </th>
              {map.xs.map((x) => {
                const cell = at.get(`${x}|${y}`);
                if (!cell) return <td key={x} className="h-7 min-w-14 rounded bg-raised/40" />;
                const heat = heatOf(cell.value, values);
                return (
                  <td
                    key={x}
                    className="num h-7 min-w-14 rounded px-1 text-center"
                    style={{ background: heatColour(heat) }}
                    title={t("heatTrials", { count: cell.trials })}
                  >
                    {formatDecimal(cell.value, { max: 2, sign: true })}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
