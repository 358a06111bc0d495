"use client";
import { useTranslations } from "use-intl";
import type { BacktestBand } from "@/api/types";
import { CheckField } from "@/ui/field";
import { Money } from "@/ui/figure";

/** The Monte-Carlo band in words and digits, and whether it is drawn. */
export function BandSwitch({ band, on, onChange, unit }: { band: BacktestBand | null; on: boolean; onChange: (on: boolean) => void; unit: string }) {
  const t = useTranslations("backtests");
  const end = band?.items.at(-1);
  if (!band || !end) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-3 py-1.5 text-xs">
      <CheckField label={<span className="text-xs">{t("band")}</span>} checked={on} onChange={(event) => onChange(event.target.checked)} />
      <p className="min-w-0 text-muted">
        {t("bandEnd")} <Money value={end.low} unit={unit} sign /> … <Money value={end.high} unit={unit} sign />. {t("bandHelp", { count: band.paths })}
      </p>
    </div>
  );
}
