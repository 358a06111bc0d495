/** Times for the eye: ISO 8601 UTC in, the owner's zone (or UTC) out. */
import { getSettings } from "./settings";

function zone(): string | undefined {
  return getSettings().zone === "UTC" ? "UTC" : undefined;
}

export function zoneName(): string {
  return zone() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
const DAY = { day: "2-digit", month: "short", ...CLOCK } as const;
const FORMATS = {
  time: CLOCK,
  day: DAY,
  dayOfYear: { ...DAY, year: "numeric" },
  year: { year: "numeric" },
  full: { dateStyle: "medium", timeStyle: "long" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;
const made = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs a hundred times more than using it, and a live table shows three times a row. */
function format(name: keyof typeof FORMATS, at: string | number): string {
  const key = `${name}|${zone()}`;
  let known = made.get(key);
  if (!known) made.set(key, (known = new Intl.DateTimeFormat("en-GB", { ...FORMATS[name], timeZone: zone() })));
  return known.format(new Date(at));
}

export function formatTime(iso: string | number): string {
  return format("time", iso);
}

/** The year is said where it is not this one. */
export function formatDateTime(iso: string | number, now = Date.now()): string {
  return format(format("year", iso) === format("year", now) ? "day" : "dayOfYear", iso);
}

export function formatFull(iso: string | number): string {
  return format("full", iso);
}

/** What a field for a date and time takes: "2027-01-31T18:30", in the owner's zone. */
export function typedTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const minutes = zone() === "UTC" ? 0 : at.getTimezoneOffset();
  return new Date(at.getTime() - minutes * 60_000).toISOString().slice(0, 16);
}

/** The moment that was typed there, as the API takes it; null when it is none. */
export function instantOf(typed: string): string | null {
  const at = new Date(zone() === "UTC" && !/(Z|[+-]\d\d:\d\d)$/.test(typed) ? `${typed}Z` : typed);
  return Number.isNaN(at.getTime()) ? null : at.toISOString().replace(/\.000Z$/, "Z");
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
