"use client";
/** A year's return, carried on from at least a week: what a day or two made says nothing about a year. */
import { compare } from "@/lib/money";
import { Percent } from "./figure";

const FROM_DAYS = "7";

type Length = string | null | undefined;

export function isWeekLong(days: Length): boolean {
  return Boolean(days) && compare(days as string, FROM_DAYS) >= 0;
}

/** `short` says why a run of days has none; a figure that has no meaning at all is a bare dash. */
export function YearReturn({ value, days, short }: { value: string | null | undefined; days: Length; short: string }) {
  if (isWeekLong(days)) return value ? <Percent value={value} /> : "–";
  return (
    <span className="text-muted" title={short}>
      –<span className="sr-only"> {short}</span>
    </span>
  );
}
