import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

export type Tone = "plain" | "positive" | "negative" | "warn" | "accent";

const TONES: Record<Tone, string> = {
  plain: "bg-raised text-muted border-line",
  positive: "bg-positive-soft text-positive border-transparent",
  negative: "bg-negative-soft text-negative border-transparent",
  warn: "bg-warn-soft text-warn border-transparent",
  accent: "bg-accent-soft text-accent border-transparent",
};

export function Badge({ tone = "plain", dot, children, title }: { tone?: Tone; dot?: boolean; children: ReactNode; title?: string }) {
  return (
    <span
      title={title}
      className={cx("inline-flex h-5 items-center gap-1.5 rounded border px-1.5 text-[11px] font-semibold tracking-wide whitespace-nowrap", TONES[tone])}
    >
      {dot ? <span aria-hidden="true" className="size-1.5 rounded-full bg-current" /> : null}
      {children}
    </span>
  );
}
