/** Times for the eye: ISO 8601 UTC in, the owner's zone (or UTC) out. */
import { getSettings } from "./settings";

function zone(): string | undefined {
  return getSettings().zone === "UTC" ? "UTC" : undefined;
}

export function zoneName(): string {
  return zone() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function formatTime(iso: string | number): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone(), hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(iso));
}

/** The year is said where it is not this one. */
export function formatDateTime(iso: string | number, now = Date.now()): string {
  const year = new Intl.DateTimeFormat("en-GB", { timeZone: zone(), year: "numeric" });
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: zone(),
    year: year.format(new Date(iso)) === year.format(now) ? undefined : "numeric",
    day: "2-digit",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).format(new Date(iso));
}

export function formatFull(iso: string | number): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone(), dateStyle: "medium", timeStyle: "long" }).format(new Date(iso));
}

/** Seconds since `iso`, never negative: clocks differ a little. */
export function ageSeconds(iso: string | number, now: number): number {
  return Math.max(0, Math.round((now - new Date(iso).getTime()) / 1000));
}

/** "12 s", "4 min", "3 h", "2 d": one unit is enough to judge freshness. */
export function formatSpan(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
