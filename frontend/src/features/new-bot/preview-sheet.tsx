"use client";
/** The pre-flight sheet: funds, fees, worst case, warnings, and every first order. */
import { CircleCheck } from "lucide-react";
import { useTranslations } from "use-intl";
import type { Finding } from "@/api/client";
import type { PreviewAnswer } from "@/api/types";
import { SideTag } from "@/features/bots/side-tag";
import { baseOf, quoteOf } from "@/features/bots/words";
import { useErrorText } from "@/lib/errors";
import { compare, formatAmount, formatMoney, formatPrice, isDecimal } from "@/lib/money";
import { Spinner } from "@/ui/button";
import { Money, Stat } from "@/ui/figure";
import { Panel } from "@/ui/panel";
import { Findings, Notice } from "./findings";
import { PreviewTable } from "./preview-table";

type Props = { answer: PreviewAnswer | null; working: boolean; error: unknown; findings: Finding[]; symbol: string };

export function PreviewSheet({ answer, working, error, findings, symbol }: Props) {
  const t = useTranslations("newBot");
  const text = useErrorText();
  const problems = error ? (findings.length > 0 ? <Findings findings={findings} /> : <p>{text(error)}</p>) : null;
  return (
    <Panel
      title={t("plan")}
      actions={
        <span role="status" className="flex items-center gap-2 text-xs text-muted">
          {working ? (
            <>
              <Spinner /> {t("working")}
            </>
          ) : null}
        </span>
      }
    >
      {problems ? (
        <Notice tone="negative" title={t("fix")}>
          {problems}
        </Notice>
      ) : null}
      {!answer && !error ? <p className="text-xs text-muted">{t("fill")}</p> : null}
      {answer ? <Sheet answer={answer} symbol={symbol} /> : null}
    </Panel>
  );
}

function Sheet({ answer, symbol }: { answer: PreviewAnswer; symbol: string }) {
  const t = useTranslations("newBot");
  const words = useTranslations("plan");
  const { preview, currency, available, market } = answer;
  const free = available?.[preview.currency];
  const short = free !== undefined && compare(preview.funds_needed, free) > 0;
  return (
    <div className="space-y-3">
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-4">
        <Stat label={t("fundsNeeded")}>
          <Money value={preview.funds_needed} unit={preview.currency} />
        </Stat>
        <Stat label={t("available")} note={short ? <span className="text-negative">{t("tooMuch")}</span> : null}>
          <Money value={free} unit={preview.currency} />
        </Stat>
        <Stat label={t("fundsLeft")}>
          <Money value={preview.funds_left} unit={preview.currency} />
        </Stat>
        <Stat label={t("feesToOpen")}>
          <Money value={preview.fees_to_open} unit={preview.currency} />
        </Stat>
        <Stat label={t("worstCase")} note={preview.worst_case_price ? t("worstCaseAt", { price: `${formatPrice(preview.worst_case_price, market.price_tick)} ${market.quote}` }) : null}>
          <Money value={preview.worst_case} unit={currency} />
        </Stat>
        {preview.break_even_step_pct ? (
          <Stat label={t("breakEven")}>
            {formatMoney(preview.break_even_step_pct)} <span className="text-[11px] font-normal text-muted">%</span>
          </Stat>
        ) : null}
        <Stat label={t("venueOrders")}>{preview.venue_orders}</Stat>
        {Object.entries(preview.plan ?? {}).map(([name, value]) => (
          <Stat key={name} label={words.has(name as never) ? words(name as never) : <span className="capitalize">{name.replace(/_pct$/, "").replace(/_/g, " ")}</span>}>
            {isDecimal(value) ? (planUnit(name, market) === market.quote ? formatMoney(value) : formatAmount(value)) : value}{" "}
            <span className="text-[11px] font-normal text-muted">{planUnit(name, market)}</span>
          </Stat>
        ))}
      </dl>
      {(preview.warnings ?? []).length > 0 ? (
        <Notice tone="warn" title={t("warnings")}>
          <Findings findings={(preview.warnings ?? []).map((one) => ({ field: one.field, code: one.code, params: one.params ?? {} }))} />
        </Notice>
      ) : (
        <p className="flex items-center gap-2 text-xs text-positive">
          <CircleCheck aria-hidden="true" className="size-4" /> {t("noWarnings")}
        </p>
      )}
      <Orders answer={answer} symbol={symbol} />
      {preview.table && preview.table.length > 0 ? <PreviewTable rows={preview.table} quote={market.quote} currency={preview.currency} /> : null}
    </div>
  );
}

function planUnit(name: string, { base, quote }: { base: string; quote: string }): string {
  if (name.endsWith("_pct")) return "%";
  if (name.endsWith("_amount")) return base;
  return /quote|price|liquidation|notional|cost|funds|margin/.test(name) ? quote : "";
}

function Orders({ answer, symbol }: { answer: PreviewAnswer; symbol: string }) {
  const t = useTranslations("newBot");
  const bot = useTranslations("bot");
  const type = useTranslations("orderType");
  const role = useTranslations("role");
  const heads: [string, boolean][] = [
    [bot("side"), false],
    [`${bot("price")} (${quoteOf(symbol)})`, true],
    [`${bot("amount")} (${baseOf(symbol)})`, true],
    [`${bot("cost")} (${quoteOf(symbol)})`, true],
    [bot("role"), false],
  ];
  return (
    <details open className="border-t border-line pt-2">
      <summary className="text-xs font-medium text-muted hover:text-text">
        {t("orders")} ({answer.preview.orders.length})
      </summary>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <div className="mt-2 max-h-72 overflow-auto" role="region" aria-label={t("orderTable")} tabIndex={0}>
        <table className="w-full text-[13px]">
          <thead className="sticky top-0 bg-panel">
            <tr className="border-b border-line text-[11px] text-muted">
              {heads.map(([head, right]) => (
                <th key={head} scope="col" className={`px-2 py-1.5 font-medium whitespace-nowrap ${right ? "text-right" : "text-left"} last:max-sm:hidden`}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.preview.orders.map((order) => (
              <tr key={`${order.leg}|${order.role}`} className="border-b border-line last:border-0">
                <td className="px-2 py-1">
                  <SideTag side={order.side} />
                </td>
                <td className="num px-2 text-right">{order.price === null ? type("market") : formatPrice(order.price, answer.market.price_tick)}</td>
                <td className="num px-2 text-right">{formatAmount(order.amount)}</td>
                <td className="num px-2 text-right">{formatMoney(order.cost)}</td>
                <td className="px-2 text-muted max-sm:hidden">{role(order.role)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
