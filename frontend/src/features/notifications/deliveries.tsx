"use client";
/** What was sent where, and how it went. */
import { useTranslations } from "use-intl";
import { useDeliveries } from "@/api/queries/preferences";
import type { Channel, Delivery } from "@/api/types";
import { formatDateTime } from "@/lib/time";
import { useWord } from "@/lib/word";
import { Badge, type Tone } from "@/ui/badge";
import { Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";

const TONES: Record<Delivery["status"], Tone> = { delivered: "positive", failed: "warn", refused: "negative", given_up: "negative" };

export function Deliveries({ channels }: { channels: readonly Channel[] }) {
  const t = useTranslations("notify");
  const detail = useWord("deliveryDetail");
  const deliveries = useDeliveries();
  const items = deliveries.data?.items ?? [];
  return (
    <Panel flush title={t("deliveries")}>
      {deliveries.isPending ? <Loading rows={3} /> : null}
      {deliveries.isError && !deliveries.data ? <Failed error={deliveries.error} retry={() => void deliveries.refetch()} /> : null}
      {deliveries.data && items.length === 0 ? <Empty title={t("noDeliveries")} /> : null}
      <ul className="divide-y divide-line">
        {items.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-[13px]">
            <Badge tone={TONES[one.status]}>{t(`status_${one.status}`)}</Badge>
            <span className="min-w-0 break-all">{channels.find((channel) => channel.id === one.channel)?.target ?? one.channel}</span>
            <span className="text-xs text-muted">
              {one.occasions.length === 0 ? t("codeLetter") : null}
              {one.occasions.map((name) => (t.has(`occasion_${name}` as never) ? t(`occasion_${name}` as never) : name.replace(/_/g, " "))).join(" · ")}
              {one.status === "delivered" ? "" : ` · ${detail(one.detail)} · ${t("attempts", { count: one.attempts })}`}
            </span>
            <time dateTime={one.at} className="num ml-auto text-xs text-muted">
              {formatDateTime(one.at)}
            </time>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
