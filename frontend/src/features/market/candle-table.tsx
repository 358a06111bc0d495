"use client";
/** The chart's last candles as text, for those who cannot use the picture. */
import { useTranslations } from "use-intl";
import type { Candle } from "@/charts/candle-chart";
import { formatAmount, formatPrice } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import { useState } from "react";

const ROWS = 12;
const HEADS = ["time", "open", "high", "low", "close", "volume"] as const;

export function CandleTable({ candles, tick }: { candles: readonly Candle[]; tick?: string | null }) {
  const t = useTranslations("bot");
  const [open, setOpen] = useState(false);
  if (candles.length === 0) return null;
  return (
    <details className="border-t border-line px-3 py-1.5 text-xs" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="text-muted hover:text-text">{t("candleTable")}</summary>
      {open ? (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
        <div className="overflow-x-auto" role="region" aria-label={t("candleTable")} tabIndex={0}>
          <table className="mt-1 w-full">
            <thead>
              <tr className="text-left text-muted">
                {HEADS.map((head) => (
                  <th key={head} scope="col" className="px-2 py-1 font-medium">
                    {t(head)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {candles
                .slice(-ROWS)
                .reverse()
                .map(([at, o, h, l, c, v]) => (
                  <tr key={at}>
                    <th scope="row" className="num px-2 py-0.5 text-left font-normal">
                      {formatDateTime(at)}
                    </th>
                    {[o, h, l, c].map((price, index) => (
                      <td key={index} className="num px-2">
                        {formatPrice(price, tick)}
                      </td>
                    ))}
                    <td className="num px-2">{formatAmount(v)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </details>
  );
}
