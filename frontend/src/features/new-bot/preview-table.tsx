"use client";
/** The strategy's own rows (depths of a ladder, liquidation per depth), as it sends them. */
import { useTranslations } from "use-intl";
import { formatMoney, isDecimal } from "@/lib/money";
import { useWord } from "@/lib/word";

/** Rows explain the plan; their figures are exact and long, so they are cut for reading. */
function show(value: string): string {
  if (!isDecimal(value)) return value;
  return value.includes(".") ? formatMoney(value) : value;
}

const PRICES = new Set(["price", "average", "take_profit", "liquidation"]);
const MONEY = new Set(["size", "cumulative", "notional"]);

type Props = { rows: readonly Record<string, string>[]; quote: string; currency: string };

export function PreviewTable({ rows, quote, currency }: Props) {
  const t = useTranslations("newBot");
  const name = useWord("planRow");
  const heads = Object.keys(rows[0] ?? {});
  return (
    <details open className="border-t border-line pt-2">
      <summary className="text-xs font-medium text-muted hover:text-text">{t("table")}</summary>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <div className="mt-2 max-h-72 overflow-auto" role="region" aria-label={t("table")} tabIndex={0}>
        <table className="w-full text-[13px]">
          <thead className="sticky top-0 bg-panel">
            <tr className="border-b border-line text-[11px] text-muted">
              {heads.map((head) => (
                <th key={head} scope="col" className="px-2 py-1.5 text-right font-medium whitespace-nowrap">
                  {name(head)}
                  {PRICES.has(head) ? ` (${quote})` : MONEY.has(head) ? ` (${currency})` : ""}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index} className="border-b border-line last:border-0">
                {heads.map((head) => {
                  const value = row[head] ?? "";
                  if (value === "true" || value === "false") {
                    return (
                      <td key={head} className={`px-2 py-1 text-right ${value === "true" ? "text-positive" : "text-negative"}`}>
                        {t(value === "true" ? "yes" : "no")}
                      </td>
                    );
                  }
                  return (
                    <td key={head} className="num px-2 py-1 text-right">
                      {show(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
