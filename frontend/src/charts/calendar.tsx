"use client";
/** Profit by day, as weeks: a figure in every cell, its sign in a mark and its size in colour. */
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { formatMoney, tone } from "@/lib/money";
import { heatColour, heatOf } from "./heat";

export type Day = { date: string; change: string; fills: number };

const WEEKS = 10;
const DAY_MS = 86_400_000;

type Cell = { date: string; day: Day | null };

export function PnlCalendar({ days, currency, label }: { days: readonly Day[]; currency: string; label: string }) {
  const t = useTranslations("analytics");
  const weeks = useMemo(() => weeksOf(days), [days]);
  const changes = days.map((day) => day.change);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="w-full border-separate border-spacing-0.5 text-[11px]">
        <thead>
          <tr>
            {["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((name) => (
              <th key={name} scope="col" className="font-medium text-muted">
                {t(`day_${name}` as "day_mon")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]?.date}>
              {week.map(({ date, day }) => {
                const heat = day ? heatOf(day.change, changes) : 0;
                return (
                  <td key={date} className="h-11 min-w-12 rounded px-1 align-top" style={day ? { background: heatColour(heat) } : { background: "var(--raised)" }} title={day ? t("dayFills", { count: day.fills }) : undefined}>
                    <time dateTime={date} className={day ? "block text-[10px]" : "block text-[10px] text-muted"}>
                      {date.slice(8)}
                    </time>
                    {day ? (
                      <span className="num block text-right font-medium">
                        <span aria-hidden="true">{{ positive: "▲", negative: "▼", flat: "" }[tone(day.change)]}</span> {formatMoney(day.change, { sign: true })}
                        <span className="sr-only"> {currency}</span>
                      </span>
                    ) : null}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whole weeks from Monday, up to the last day with a fill; UTC, as the ledger's days are. */
function weeksOf(days: readonly Day[]): Cell[][] {
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return [];
  const known = new Map(days.map((day) => [day.date, day]));
  const end = Date.parse(`${last.date}T00:00:00Z`);
  const start = Math.max(Date.parse(`${first.date}T00:00:00Z`), end - (WEEKS * 7 - 1) * DAY_MS);
  const monday = start - ((new Date(start).getUTCDay() + 6) % 7) * DAY_MS;
  const weeks: Cell[][] = [];
  for (let at = monday; at <= end; at += 7 * DAY_MS) {
    weeks.push(
      Array.from({ length: 7 }, (_, index) => {
        const date = new Date(at + index * DAY_MS).toISOString().slice(0, 10);
        return { date, day: known.get(date) ?? null };
      }),
    );
  }
  return weeks;
}
