"use client";
/** Resting orders around the price: sells above, buys below, the price between them. */
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useOrders } from "@/api/queries/bots";
import type { Bot, Order } from "@/api/types";
import { compare, formatAmount, formatPrice } from "@/lib/money";
import { cx } from "@/lib/cx";
import { formatDateTime } from "@/lib/time";
import { Empty, Failed, Loading } from "@/ui/states";
import { usePriceNow, useRules, type MarketRules } from "@/features/market/use-market";
import { SideTag } from "./side-tag";
import { baseOf, quoteOf } from "./words";

export function Ladder({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const orders = useOrders(bot.id);
  const rules = useRules(bot);
  const price = usePriceNow(bot);
  const { sells, buys, market } = useMemo(() => split(orders.data?.items ?? []), [orders.data]);
  if (orders.isPending) return <Loading />;
  if (orders.isError && !orders.data) return <Failed error={orders.error} retry={() => void orders.refetch()} />;
  if (sells.length + buys.length + market.length === 0) return <Empty title={t("noOrders")} />;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className="max-h-[480px] overflow-auto" role="region" aria-label={t("orders")} tabIndex={0}>
      <table className="w-full text-[13px]">
        <thead className="sticky top-0 bg-panel">
          <tr className="border-b border-line text-[11px] text-muted">
            <Head>{t("side")}</Head>
            <Head right>
              {t("price")} ({quoteOf(bot.symbol)})
            </Head>
            <Head right>
              {t("amount")} ({baseOf(bot.symbol)})
            </Head>
            <Head from="sm">{t("role")}</Head>
            <Head from="md">{t("orderState")}</Head>
            <Head from="lg">{t("time")}</Head>
          </tr>
        </thead>
        <tbody>
          {market.map((order) => (
            <Row key={order.id} order={order} rules={rules} />
          ))}
          {sells.map((order) => (
            <Row key={order.id} order={order} rules={rules} />
          ))}
          {price ? (
            <tr className="border-y border-line-strong bg-raised">
              <td className="px-3 py-1 text-[11px] text-muted">{t("now")}</td>
              <td className="num px-3 py-1 text-right font-semibold">{formatPrice(price, rules.tick)}</td>
              <td colSpan={4} />
            </tr>
          ) : null}
          {buys.map((order) => (
            <Row key={order.id} order={order} rules={rules} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function split(orders: Order[]) {
  const alive = orders.filter((order) => order.status !== "over");
  const resting = alive.filter((order): order is Order & { price: string } => order.price !== null).sort((a, b) => compare(b.price, a.price));
  return {
    market: alive.filter((order) => order.price === null),
    sells: resting.filter((order) => order.side === "sell"),
    buys: resting.filter((order) => order.side === "buy"),
  };
}

function Head({ children, right, from }: { children: React.ReactNode; right?: boolean; from?: "sm" | "md" | "lg" }) {
  const hide = { sm: "max-sm:hidden", md: "max-md:hidden", lg: "max-lg:hidden" };
  return (
    <th scope="col" className={cx("h-8 px-3 font-medium whitespace-nowrap", right ? "text-right" : "text-left", from && hide[from])}>
      {children}
    </th>
  );
}

function Row({ order, rules }: { order: Order; rules: MarketRules }) {
  const t = useTranslations("orderStatus");
  const role = useTranslations("role");
  const type = useTranslations("orderType");
  return (
    <tr className="h-8 border-b border-line last:border-0 hover:bg-hover">
      <td className="px-3">
        <SideTag side={order.side} />
      </td>
      <td className="num px-3 text-right">{order.price === null ? type("market") : formatPrice(order.price, rules.tick)}</td>
      <td className="num px-3 text-right">{formatAmount(order.amount, rules.amountDecimals)}</td>
      <td className="px-3 text-muted max-sm:hidden">{role(order.role)}</td>
      <td className={cx("px-3 max-md:hidden", order.status === "open" ? "text-muted" : "text-warn")}>{t(order.status)}</td>
      <td className="num px-3 text-muted max-lg:hidden">{formatDateTime(order.made_at)}</td>
    </tr>
  );
}
