"use client";
import { useTranslations } from "use-intl";
import { TIMEFRAMES, type Timeframe } from "@/api/queries/market";
import { cx } from "@/lib/cx";

export function TimeframePicker({ value, onChange }: { value: Timeframe; onChange: (next: Timeframe) => void }) {
  const t = useTranslations("bot");
  return (
    <div role="group" aria-label={t("timeframe")} className="flex rounded-md border border-line bg-bg p-0.5">
      {TIMEFRAMES.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={value === name}
          onClick={() => onChange(name)}
          className={cx("h-6 rounded px-2 text-[11px] font-medium", value === name ? "bg-accent-soft text-accent" : "text-muted hover:text-text")}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
