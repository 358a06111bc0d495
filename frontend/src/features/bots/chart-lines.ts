/** Every line on a bot's chart: what it watches, then what rests in the market, the orders next to the price by their prices. */
import type { Order } from "@/api/types";
import type { ChartLine } from "@/charts/candle-chart";
import { compare } from "@/lib/money";
import type { Watched, WatchedName } from "./watched-prices";

const LABELLED = 2;

type Priced = Order & { price: string };

export function chartLines(watched: readonly Watched[], orders: readonly Order[], price: string | null, title: (name: WatchedName) => string): ChartLine[] {
  const resting = orders.filter((order): order is Priced => order.price !== null && order.status !== "over");
  const near = nearest(resting, price);
  const taken = new Set(watched.map((one) => one.price));
  return [
    ...resting.filter((order) => !taken.has(order.price)).map((order): ChartLine => ({ price: order.price, kind: kindOf(order), labelled: near.has(order.id) })),
    ...watched.map((one): ChartLine => ({ price: one.price, kind: one.kind, title: title(one.name), labelled: true })),
  ];
}

function kindOf({ role, side }: Order): ChartLine["kind"] {
  if (role === "take_profit") return "target";
  return role === "stop_loss" ? "stop" : side;
}

/** The ids of the orders next to the price on each side: more labels than that only hide the axis. */
function nearest(orders: readonly Priced[], price: string | null): Set<string> {
  if (price === null) return new Set();
  const sorted = [...orders].sort((a, b) => compare(a.price, b.price));
  const of = (side: Order["side"]) => sorted.filter((order) => order.side === side);
  return new Set([...of("buy").slice(-LABELLED), ...of("sell").slice(0, LABELLED)].map((order) => order.id));
}
