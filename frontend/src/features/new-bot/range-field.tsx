"use client";
/** What a backtest and a search are both asked with: a plan for a bot, and how many days of candles. */
import { useTranslations } from "use-intl";
import type { Account, StrategyName } from "@/api/types";
import type { Values } from "@/forms/config";
import type { FieldSpec } from "@/forms/spec";
import { SelectField } from "@/ui/field";
import { DAYS } from "./research-range";

export type ResearchPlan = { name: string; account: Account; symbol: string; strategy: StrategyName; config: Values; fields: FieldSpec[] };

export function RangeField({ replay, days, onChange }: { replay: boolean; days: number; onChange: (days: number) => void }) {
  const t = useTranslations("newBot");
  return (
    <SelectField label={t("backtestRange")} value={replay ? "" : String(days)} disabled={replay} onChange={(event) => onChange(DAYS.find((one) => String(one) === event.target.value) ?? 7)}>
      {replay ? <option value="">{t("backtestAll")}</option> : null}
      {DAYS.map((count) => (
        <option key={count} value={count}>
          {t("backtestDays", { count })}
        </option>
      ))}
    </SelectField>
  );
}
