import { toStep } from "@/lib/money";

/** The text of a picked price on the market's tick. */
export function onTick(price: string, tick?: string | null): string {
  return toStep(price, tick ?? "0.01");
}
