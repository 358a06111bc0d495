/** Times on a chart's axis, in the zone the owner chose. */
import { TickMarkType, type Time } from "lightweight-charts";
import { getSettings } from "@/lib/settings";

function zone(): string | undefined {
  return getSettings().zone === "UTC" ? "UTC" : undefined;
}

function show(time: Time, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone(), ...options }).format(new Date(Number(time) * 1000));
}

export function axisTime(time: Time, mark: TickMarkType): string {
  if (mark === TickMarkType.Year) return show(time, { year: "numeric" });
  if (mark === TickMarkType.Month) return show(time, { month: "short" });
  if (mark === TickMarkType.DayOfMonth) return show(time, { day: "numeric", month: "short" });
  return show(time, { hour: "2-digit", minute: "2-digit", second: mark === TickMarkType.TimeWithSeconds ? "2-digit" : undefined });
}

export function crosshairTime(time: Time): string {
  return show(time, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });
}
