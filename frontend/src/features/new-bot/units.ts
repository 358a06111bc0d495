/** The unit beside a field: the schema's word for it, in the market's own currencies. */
import { baseOf, quoteOf } from "@/features/bots/words";

export function unitText(unit: string | undefined, symbol: string): string {
  const quote = quoteOf(symbol);
  switch (unit) {
    case undefined:
      return "";
    case "quote":
    case "price":
      return quote;
    case "base":
      return baseOf(symbol);
    case "x":
      return "×";
    default:
      return unit;
  }
}

const BY_NAME: readonly [RegExp, string][] = [
  [/_pct$/, "%"],
  [/_s$/, "s"],
  [/^(low|high|min_price|max_price)$|_price$|_limit$/, "price"],
  [/^leverage$|_multiplier$/, "x"],
  [/budget$|^margin$|_margin$|_size$|^funds_quote$/, "quote"],
  [/^funds_base$/, "base"],
];

/** The unit of a stored setting, where only its name is at hand. */
export function unitOf(name: string, strategy: string, symbol: string): string {
  if (name === "size_mode") return "";
  if (name === "investment") return unitText(strategy === "BTD" ? "base" : "quote", symbol);
  return unitText(BY_NAME.find(([pattern]) => pattern.test(name))?.[1], symbol);
}
