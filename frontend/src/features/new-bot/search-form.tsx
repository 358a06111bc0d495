"use client";
/** A search for better settings: what may vary, between which values, and what "better" means. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useCreateOptimisation } from "@/api/queries/optimisations";
import type { OptimisationCreate } from "@/api/types";
import { useFieldName } from "@/features/backtests/field-name";
import { useErrorText } from "@/lib/errors";
import { compare, parseTyped, wholeOf } from "@/lib/money";
import { useNav } from "@/lib/nav";
import { Button } from "@/ui/button";
import { CheckField, SelectField, TextField } from "@/ui/field";
import { RangeField, type ResearchPlan } from "./range-field";
import { lastDays, sourceOf } from "./research-range";
import { unitText } from "./units";
import { variablesOf, type Variable } from "./vary";

const OBJECTIVES = ["pnl", "calmar", "sharpe", "worst_month"] as const;
const METHODS = ["tpe", "random", "grid"] as const;
const MOST = 8;

type Row = Variable & { on: boolean };

export function SearchForm({ name, account, symbol, strategy, config, fields }: ResearchPlan) {
  const t = useTranslations("optimise");
  const text = useErrorText();
  const nav = useNav();
  const create = useCreateOptimisation();
  const [rows, setRows] = useState<Row[]>(() => variablesOf(fields, config).map((one, index) => ({ ...one, on: index < 2 })));
  const [objective, setObjective] = useState<(typeof OBJECTIVES)[number]>("pnl");
  const [method, setMethod] = useState<(typeof METHODS)[number]>("tpe");
  const [trials, setTrials] = useState("60");
  const [days, setDays] = useState<number>(7);
  const replay = account.market === "replay";
  const space = spaceOf(rows);
  const count = wholeOf(trials);
  const ready = space !== null && space.length > 0 && space.length <= MOST && count >= 4 && count <= 1000;

  const change = (field: string, part: Partial<Row>) => setRows(rows.map((row) => (row.field === field ? { ...row, ...part } : row)));
  const run = () =>
    create.mutate(
      { name, strategy, symbol, config, source: sourceOf(account), range: replay ? null : lastDays(days), space: space ?? [], method, objective, trials: count, split_pct: 70, seed: 1 },
      { onSuccess: (job) => nav.go(`/backtests/?search=${job.id}`) },
    );
  return (
    <div className="space-y-3">
      <div className="grid grid-cols-2 gap-3">
        <SelectField label={t("objective")} value={objective} onChange={(event) => setObjective(OBJECTIVES.find((one) => one === event.target.value) ?? "pnl")}>
          {OBJECTIVES.map((one) => (
            <option key={one} value={one}>
              {t(`objective_${one}`)}
            </option>
          ))}
        </SelectField>
        <SelectField label={t("method")} value={method} onChange={(event) => setMethod(METHODS.find((one) => one === event.target.value) ?? "tpe")}>
          {METHODS.map((one) => (
            <option key={one} value={one}>
              {t(`method_${one}`)}
            </option>
          ))}
        </SelectField>
        <TextField label={t("count")} inputMode="numeric" value={trials} onChange={(event) => setTrials(event.target.value)} />
        <RangeField replay={replay} days={days} onChange={setDays} />
      </div>
      <fieldset>
        <legend className="text-xs font-medium text-muted">{t("fields")}</legend>
        <ul className="max-h-56 space-y-1 overflow-auto">
          {rows.map((row) => (
            <SpaceRow key={row.field} row={row} unit={unitText(row.unit, symbol)} onChange={(part) => change(row.field, part)} />
          ))}
        </ul>
        {space?.length ? null : <p className="text-xs text-muted">{t("pickTwo")}</p>}
      </fieldset>
      {create.error ? (
        <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {text(create.error)}
        </p>
      ) : null}
      <div className="flex justify-end">
        <Button look="primary" busy={create.isPending} disabled={!ready} onClick={run}>
          {t("run")}
        </Button>
      </div>
    </div>
  );
}

function SpaceRow({ row, unit, onChange }: { row: Row; unit: string; onChange: (part: Partial<Row>) => void }) {
  const t = useTranslations("optimise");
  const name = useFieldName();
  return (
    <li className="grid grid-cols-[1fr_88px_88px] items-end gap-2">
      <CheckField label={unit && unit !== name(row.field).toLowerCase() ? `${name(row.field)} (${unit})` : name(row.field)} checked={row.on} onChange={(event) => onChange({ on: event.target.checked })} />
      <TextField label={<span>{t("from")}<span className="sr-only"> {name(row.field)}</span></span>} inputMode="decimal" disabled={!row.on} value={row.low} onChange={(event) => onChange({ low: event.target.value })} />
      <TextField label={<span>{t("to")}<span className="sr-only"> {name(row.field)}</span></span>} inputMode="decimal" disabled={!row.on} value={row.high} onChange={(event) => onChange({ high: event.target.value })} />
    </li>
  );
}

/** What is searched; null while one of its ends is no number or they are the wrong way round. */
function spaceOf(rows: Row[]): NonNullable<OptimisationCreate["space"]> | null {
  const found: NonNullable<OptimisationCreate["space"]> = [];
  for (const { on, field, whole, low: from, high: to } of rows) {
    if (!on) continue;
    const [low, high] = [parseTyped(from), parseTyped(to)];
    if (low === null || high === null || compare(low, high) >= 0) return null;
    found.push({ field, low, high, whole, log: false, choices: [] });
  }
  return found;
}
