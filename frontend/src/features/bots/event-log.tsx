"use client";
/** The "why" log: what the bot did, why, and with which figures, newest first. */
import { useTranslations } from "use-intl";
import { useEvents } from "@/api/queries/bots";
import type { Bot } from "@/api/types";
import { Link } from "@/lib/nav";
import { formatDateTime, formatFull } from "@/lib/time";
import { Empty, Failed, Loading } from "@/ui/states";
import { useEventParams } from "./event-params";

export function EventLog({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const nav = useTranslations("nav");
  const words = useTranslations("event");
  const reason = useTranslations("reason");
  const figures = useEventParams();
  const events = useEvents(bot.id);
  if (events.isPending) return <Loading />;
  if (events.isError && !events.data) return <Failed error={events.error} retry={() => void events.refetch()} />;
  if (events.data.items.length === 0) return <Empty title={t("noEvents")} />;
  const say = (code: string) =>
    words.has(code as never) ? words(code as never) : reason.has(code as never) ? reason(code as never) : code.replace(/_/g, " ");
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className="max-h-[480px] overflow-auto" role="region" aria-label={t("log")} tabIndex={0}>
      <ol className="divide-y divide-line text-[13px]">
        {events.data.items.map((event) => (
          <li key={event.id} className="flex flex-wrap gap-x-3 gap-y-0.5 px-3 py-1.5 hover:bg-hover">
            <time dateTime={event.at} title={formatFull(event.at)} className="num w-32 shrink-0 text-xs leading-5 text-muted">
              {formatDateTime(event.at)}
            </time>
            <span className="font-medium first-letter:uppercase">{say(event.code)}</span>
            <span className="num min-w-0 text-xs leading-5 whitespace-normal text-muted">
              {figures(event)}
            </span>
          </li>
        ))}
      </ol>
      {events.data.next ? (
        <p className="px-3 py-2 text-xs text-muted">
          {t("olderLines")}{" "}
          <Link href="/exports/" className="text-accent hover:underline">
            {nav("exports")}
          </Link>
          .
        </p>
      ) : null}
    </div>
  );
}
