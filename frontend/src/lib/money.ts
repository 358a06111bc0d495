/**
 * Decimal strings for the eye. Rules:
 * 1. Money comes in as a string and goes out as a string; it is never turned into a float.
 * 2. Formatting, rounding, comparing and exact sums and products live here; what a bot makes, owes or may do is the core's to say.
 */

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Digits and scale of a decimal string: value = digits / 10^scale. */
type Parts = { digits: bigint; scale: number };

export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

function parts(text: string): Parts {
  if (!DECIMAL.test(text)) throw new Error(`not a decimal: ${text}`);
  const [whole = "0", fraction = ""] = text.split(".");
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

function align(a: Parts, b: Parts): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale), scale];
}

function text({ digits, scale }: Parts): string {
  const sign = digits < 0n ? "-" : "";
  const body = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  return scale === 0 ? sign + body : `${sign}${body.slice(0, -scale)}.${body.slice(-scale)}`;
}

/** By their digits as text: sorting a table of hundreds by its money asks this thousands of times. */
export function compare(a: string, b: string): -1 | 0 | 1 {
  const [x, y] = [size(a), size(b)];
  if (x.sign !== y.sign) return x.sign < y.sign ? -1 : 1;
  const larger = x.whole.length - y.whole.length || order(x.whole, y.whole) || order(x.fraction, y.fraction);
  return larger === 0 ? 0 : larger > 0 === x.sign > 0 ? 1 : -1;
}

/** Its sign, and its digits without zeros that say nothing. */
function size(value: string): { sign: -1 | 0 | 1; whole: string; fraction: string } {
  if (!DECIMAL.test(value)) throw new Error(`not a decimal: ${value}`);
  const below = value.startsWith("-");
  const [left = "", right = ""] = (below ? value.slice(1) : value).split(".");
  const [whole, fraction] = [left.replace(/^0+/, ""), right.replace(/0+$/, "")];
  return { sign: whole || fraction ? (below ? -1 : 1) : 0, whole, fraction };
}

function order(a: string, b: string): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Exact addition: digits only, nothing is rounded. */
export function sum(values: readonly string[]): string {
  const total = values.map(parts).reduce<Parts>(
    (left, right) => {
      const scale = Math.max(left.scale, right.scale);
      return { digits: left.digits * 10n ** BigInt(scale - left.scale) + right.digits * 10n ** BigInt(scale - right.scale), scale };
    },
    { digits: 0n, scale: 0 },
  );
  return trimZeros(text(total));
}

/** Exact multiplication. */
export function product(a: string, b: string): string {
  const [x, y] = [parts(a), parts(b)];
  return trimZeros(text({ digits: x.digits * y.digits, scale: x.scale + y.scale }));
}

/** a / b, cut (never rounded up) to so many places; null where there is no answer. */
export function quotient(a: string, b: string, decimals: number): string | null {
  const [x, y] = align(parts(a), parts(b));
  return y === 0n ? null : trimZeros(text({ digits: (x * 10n ** BigInt(decimals)) / y, scale: decimals }));
}

/** The same digits with the other sign. */
export function negate(value: string): string {
  if (signOf(value) === 0) return value;
  return value.startsWith("-") ? value.slice(1) : `-${value}`;
}

export function signOf(value: string): -1 | 0 | 1 {
  return compare(value, "0");
}

/** Drop zeros that say nothing: "1.500" -> "1.5". */
export function trimZeros(value: string): string {
  return value.includes(".") ? value.replace(/\.?0+$/, "") : value;
}

/** Round half away from zero to a number of decimals, as people expect to read it. */
export function round(value: string, decimals: number): string {
  const { digits, scale } = parts(value);
  if (scale <= decimals) return text({ digits: digits * 10n ** BigInt(decimals - scale), scale: decimals });
  const unit = 10n ** BigInt(scale - decimals);
  const size = digits < 0n ? -digits : digits;
  const rounded = (size + unit / 2n) / unit;
  return text({ digits: digits < 0n ? -rounded : rounded, scale: decimals });
}

/** The nearest multiple of step, as text; used for prices picked on a chart. */
export function toStep(value: string, step: string): string {
  const [v, s, scale] = align(parts(value), parts(step));
  if (s <= 0n) return value;
  const size = v < 0n ? -v : v;
  const count = (size + s / 2n) / s;
  return trimZeros(text({ digits: (v < 0n ? -1n : 1n) * count * s, scale }));
}

export function decimalsOf(step: string): number {
  return parts(trimZeros(step)).scale;
}

function group(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

export type FormatOptions = { decimals?: number; max?: number; sign?: boolean };

/** Group digits and cut: `decimals` pads, `max` only cuts, `sign` shows a plus. */
export function formatDecimal(value: string, { decimals, max, sign }: FormatOptions = {}): string {
  if (!DECIMAL.test(value)) return value;
  let out = value;
  if (decimals !== undefined) out = round(value, decimals);
  else if (max !== undefined && parts(value).scale > max) out = trimZeros(round(value, max));
  const negative = out.startsWith("-") && signOf(out) !== 0;
  const [whole = "0", fraction] = out.replace("-", "").split(".");
  const lead = negative ? "−" : sign && signOf(out) > 0 ? "+" : "";
  return lead + group(whole) + (fraction ? `.${fraction}` : "");
}

/** Decimals that suit a figure of unknown size: enough digits to act on, not more. */
export function autoDecimals(value: string): number {
  const [whole = "0", fraction = ""] = value.replace("-", "").split(".");
  if (whole.replace(/^0+/, "").length >= 1) return 2;
  const zeros = fraction.match(/^0*/)?.[0].length ?? 0;
  return Math.min(10, zeros + 4);
}

export function formatMoney(value: string, options: { sign?: boolean } = {}): string {
  return formatDecimal(value, { decimals: signOf0(value) === 0 ? 2 : autoDecimals(value), sign: options.sign });
}

/** Percent to two places; what is smaller than that is shown as nearly nothing. */
export function formatPercent(value: string, options: { sign?: boolean } = {}): string {
  return formatDecimal(value, { decimals: 2, sign: options.sign });
}

/** An amount; with the market's decimals it lines up under its neighbours. */
export function formatAmount(value: string, decimals?: number): string {
  return decimals !== undefined && parts(trimZeros(value)).scale <= decimals ? formatDecimal(value, { decimals }) : formatDecimal(value, { max: 8 });
}

/** A price at the market's tick; without one, as it came, cut to eight places. */
export function formatPrice(value: string, tick?: string | null): string {
  return formatDecimal(value, tick ? { decimals: decimalsOf(tick) } : { max: 8 });
}

function signOf0(value: string): -1 | 0 | 1 {
  return DECIMAL.test(value) ? signOf(value) : 0;
}

export function tone(value: string | null | undefined): "positive" | "negative" | "flat" {
  if (!value) return "flat";
  const sign = signOf0(value);
  return sign > 0 ? "positive" : sign < 0 ? "negative" : "flat";
}

/** What a person typed, as the API wants it: no spaces or group marks; null when it is no decimal. */
export function parseTyped(typed: string): string | null {
  const clean = typed.trim().replace(/[\s_,']/g, "").replace(/^\+/, "").replace("−", "-");
  const full = clean.startsWith(".") ? `0${clean}` : clean.endsWith(".") ? clean.slice(0, -1) : clean;
  return DECIMAL.test(full) ? full : null;
}

/** A whole number typed by a person; NaN never leaves here. */
export function wholeOf(typed: string): number {
  const value = parseInt(typed.trim(), 10);
  return Number.isSafeInteger(value) ? value : 0;
}
