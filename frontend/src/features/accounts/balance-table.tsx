"use client";
import { useTranslations } from "use-intl";
import type { Balance } from "@/api/types";
import { formatAmount, formatMoney } from "@/lib/money";

const COLUMNS = ["free", "used", "reserved", "total"] as const;
const SHORT = ["free", "used", "reserved"] as const;

/** To the last digit where there is room; in a hand, and where it is `short`, as much as one acts on, with the rest in its title. */
export function BalanceTable({ label, balances, short }: { label: string; balances: readonly Balance[]; short?: boolean }) {
  const columns = short ? SHORT : COLUMNS;
  const cell = short ? "px-2 text-xs" : "px-3 @max-md:px-2";
  const t = useTranslations("balance");
  if (balances.length === 0) return <p className="p-3 text-xs text-muted">{t("noBalances")}</p>;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className="@container overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="w-full text-[13px]">
        <thead>
          <tr className="border-b border-line text-[11px] text-muted">
            <th scope="col" className="px-3 py-1.5 text-left font-medium">
              {t("currency")}
            </th>
            {columns.map((name) => (
              <th key={name} scope="col" className={`${cell} py-1.5 text-right font-medium whitespace-nowrap`}>
                {t(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {balances.map((balance) => (
            <tr key={balance.currency} className="border-b border-line last:border-0">
              <th scope="row" className="px-3 py-1.5 text-left font-medium">
                {balance.currency}
              </th>
              {columns.map((name) => (
                <td key={name} className={`num text-right ${cell}`}>
                  {short ? null : <span className="@max-md:hidden">{formatAmount(balance[name] ?? "0")}</span>}
                  <span className={short ? undefined : "@md:hidden"} title={formatAmount(balance[name] ?? "0")}>
                    {formatMoney(balance[name] ?? "0")}
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
