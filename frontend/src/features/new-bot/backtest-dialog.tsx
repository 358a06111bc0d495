"use client";
/** One click before the start: the same settings over past candles, alone, beside a few other values, or as the start of a search. */
import { Tabs } from "radix-ui";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useCreateBacktest } from "@/api/queries/backtests";
import { useFieldName } from "@/features/backtests/field-name";
import { useErrorText } from "@/lib/errors";
import { useNav } from "@/lib/nav";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { RangeField, type ResearchPlan } from "./range-field";
import { lastDays, sourceOf } from "./research-range";
import { SearchForm } from "./search-form";
import { variablesOf, variantsOf, type Variable } from "./vary";

const TAB = "h-9 border-b-2 border-transparent px-3 text-[13px] font-medium text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text";

export function BacktestDialog({ open, onClose, ...plan }: ResearchPlan & { open: boolean; onClose: () => void }) {
  const t = useTranslations("newBot");
  const search = useTranslations("optimise");
  return (
    <Dialog open={open} onClose={onClose} title={t("backtestTitle")} description={t("backtestText")}>
      <Tabs.Root defaultValue="run">
        <Tabs.List aria-label={t("backtestTitle")} className="-mx-1 mb-3 flex border-b border-line">
          <Tabs.Trigger value="run" className={TAB}>
            {t("backtest")}
          </Tabs.Trigger>
          <Tabs.Trigger value="search" className={TAB}>
            {search("tab")}
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="run">
          <RunForm {...plan} />
        </Tabs.Content>
        <Tabs.Content value="search">
          <SearchForm {...plan} />
        </Tabs.Content>
      </Tabs.Root>
    </Dialog>
  );
}

function RunForm({ name, account, symbol, strategy, config, fields }: ResearchPlan) {
  const t = useTranslations("newBot");
  const vary = useTranslations("vary");
  const label = useFieldName();
  const text = useErrorText();
  const nav = useNav();
  const create = useCreateBacktest();
  const [days, setDays] = useState<number>(7);
  const [chosen, setChosen] = useState("");
  const [typed, setTyped] = useState("");
  const replay = account.market === "replay";
  const variables = variablesOf(fields, config);
  const variable: Variable | undefined = variables.find((one) => one.field === chosen);
  const variants = variable ? variantsOf(variable, typed) : [];

  const run = () =>
    create.mutate(
      { name, strategy, symbol, config, timeframe: "1m", variants: variants && variants.length > 0 ? [{}, ...variants] : [], source: sourceOf(account), ranges: replay ? [] : [lastDays(days)] },
      { onSuccess: (job) => nav.go(`/backtests/?id=${job.id}`) },
    );
  return (
    <div className="space-y-3">
      <RangeField replay={replay} days={days} onChange={setDays} />
      <div className="grid grid-cols-2 gap-3">
        <SelectField label={vary("field")} value={chosen} onChange={(event) => setChosen(event.target.value)}>
          <option value="">{vary("none")}</option>
          {variables.map(({ field }) => (
            <option key={field} value={field}>
              {label(field)}
            </option>
          ))}
        </SelectField>
        {variable ? (
          <TextField label={vary("values")} placeholder={`${variable.low} ${variable.high}`} value={typed} error={variants === null ? vary("wrong") : undefined} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
        ) : null}
      </div>
      {create.error ? (
        <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {text(create.error)}
        </p>
      ) : null}
      <div className="flex justify-end">
        <Button look="primary" busy={create.isPending} disabled={variants === null} onClick={run}>
          {t("backtestRun")}
        </Button>
      </div>
    </div>
  );
}
