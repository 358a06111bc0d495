"use client";
/** Where to be told of what: addresses, occasions, and hours of quiet. */
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useAddresses, useNotifications, usePutNotifications, useTestChannel } from "@/api/queries/preferences";
import type { Channel, Notifications } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { PageHead, Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { ChannelDialog } from "./channel-dialog";
import { ConfirmDialog } from "./confirm-dialog";
import { Deliveries } from "./deliveries";
import { QuietPanel } from "./quiet-panel";

export function NotificationsScreen() {
  const t = useTranslations("notify");
  const settings = useNotifications();
  const [editing, setEditing] = useState<Channel | "new" | null>(null);
  const save = useSave(settings.data ?? null);
  const channels = settings.data?.channels ?? [];
  const addresses = useAddresses();
  const waiting = new Set((addresses.data?.items ?? []).filter((one) => one.confirmed_at === null).map((one) => one.address));
  const [confirming, setConfirming] = useState<Channel | null>(null);
  const keep = (channel: Channel) =>
    save({ channels: channels.some((one) => one.id === channel.id) ? channels.map((one) => (one.id === channel.id ? channel : one)) : [...channels, channel] });
  return (
    <>
      <PageHead title={t("title")} hint={t("hint")}>
        <Button look="primary" disabled={!settings.data || channels.length >= 10} onClick={() => setEditing("new")}>
          <Plus aria-hidden="true" className="size-4" /> {t("add")}
        </Button>
      </PageHead>
      {settings.isPending ? <Loading /> : null}
      {settings.isError && !settings.data ? <Failed error={settings.error} retry={() => void settings.refetch()} /> : null}
      {settings.data ? (
        <div className="grid items-start gap-3 lg:grid-cols-[minmax(0,1fr)_340px]">
          <div className="min-w-0 space-y-3">
            <Panel flush title={t("channels")}>
              {channels.length === 0 ? <Empty title={t("empty")}>{t("emptyText")}</Empty> : null}
              <ul className="divide-y divide-line">
                {channels.map((channel) => (
                  <Row
                    key={channel.id}
                    channel={channel}
                    waits={channel.kind === "email" && waiting.has(channel.target)}
                    onConfirm={() => setConfirming(channel)}
                    onEdit={() => setEditing(channel)}
                    onSwitch={() => void keep({ ...channel, enabled: !channel.enabled })}
                    onRemove={() => void save({ channels: channels.filter((one) => one.id !== channel.id) })}
                  />
                ))}
              </ul>
            </Panel>
            <Deliveries channels={channels} />
          </div>
          <QuietPanel key={JSON.stringify([settings.data.time_zone, settings.data.quiet_from, settings.data.quiet_until, settings.data.digest_at, settings.data.critical_in_quiet_hours])} settings={settings.data} onSave={save} />
        </div>
      ) : null}
      {editing ? <ChannelDialog channel={editing === "new" ? null : editing} onClose={() => setEditing(null)} onSave={keep} /> : null}
      {confirming ? <ConfirmDialog channel={confirming} onClose={() => setConfirming(null)} /> : null}
    </>
  );
}

/** Saves a part beside all the rest; false when the server refused it. */
function useSave(settings: Notifications | null): (part: Partial<Notifications>) => Promise<boolean> {
  const t = useTranslations("notify");
  const text = useErrorText();
  const put = usePutNotifications();
  return async (part) => {
    if (!settings) return false;
    try {
      await put.mutateAsync({ ...settings, ...part });
      toast.success(t("saved"));
      return true;
    } catch (error) {
      toast.error(text(error));
      return false;
    }
  };
}

type RowProps = { channel: Channel; waits: boolean; onConfirm: () => void; onEdit: () => void; onSwitch: () => void; onRemove: () => void };

function Row({ channel, waits, onConfirm, onEdit, onSwitch, onRemove }: RowProps) {
  const t = useTranslations("notify");
  const text = useErrorText();
  const test = useTestChannel();
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-3 py-2.5 text-[13px]">
      <div className="min-w-0 flex-1 basis-full sm:basis-0">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium break-all">{channel.target}</span>
          <Badge>{t(channel.kind)}</Badge>
          <Badge tone={waits ? "warn" : channel.enabled ? "positive" : "plain"} dot>
            {t(waits ? "waits" : channel.enabled ? "on" : "off")}
          </Badge>
          {channel.min_severity !== "info" ? <Badge>{t(`severity_${channel.min_severity}`)}</Badge> : null}
          {channel.digest !== "none" ? <Badge>{t(`digest_${channel.digest}`)}</Badge> : null}
        </p>
        <p className="mt-0.5 text-[11px] text-muted">{channel.occasions.map((one) => t(`occasion_${one}`)).join(" · ")}</p>
      </div>
      {waits ? (
        <Button small look="primary" onClick={onConfirm}>
          {t("confirm")}
        </Button>
      ) : null}
      <Button small busy={test.isPending} disabled={!channel.enabled || waits} onClick={() => test.mutate(channel.id, { onSuccess: () => toast.success(t("testSent")), onError: (error) => toast.error(text(error)) })}>
        {t("test")}
      </Button>
      <Button small onClick={onSwitch}>
        {t(channel.enabled ? "turnOff" : "turnOn")}
      </Button>
      <Button small onClick={onEdit}>
        {t("edit")}
      </Button>
      <IconButton label={t("remove", { target: channel.target })} className="size-7" onClick={onRemove}>
        <Trash2 aria-hidden="true" className="size-3.5" />
      </IconButton>
    </li>
  );
}
