"use client";
/** A figure never stands alone: it has a label, a unit, and a tone that does not rest on colour only. */
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";
import { formatMoney, formatPercent, tone } from "@/lib/money";

const TONES = { positive: "text-positive", negative: "text-negative", flat: "text-text" } as const;

export function Money({ value, unit, sign, className }: { value: string | null | undefined; unit?: string; sign?: boolean; className?: string }) {
  if (value === null || value === undefined) return <span className="text-muted">–</span>;
  return (
    <span className={cx("num", sign && TONES[tone(value)], className)}>
      {formatMoney(value, { sign })}
      {unit ? <span className="ml-1 text-[0.85em] text-muted">{unit}</span> : null}
    </span>
  );
}

export function Percent({ value, className }: { value: string | null | undefined; className?: string }) {
  if (value === null || value === undefined) return null;
  return <span className={cx("num", TONES[tone(value)], className)}>{formatPercent(value, { sign: true })} %</span>;
}

export function Stat({ label, children, note }: { label: ReactNode; children: ReactNode; note?: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="truncate text-[11px] font-medium text-muted">{label}</dt>
      <dd className="num mt-0.5 text-sm font-semibold">{children}</dd>
      {note ? <dd className="mt-0.5 text-[11px] text-muted">{note}</dd> : null}
    </div>
  );
}
