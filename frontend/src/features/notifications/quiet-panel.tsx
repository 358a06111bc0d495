"use client";
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import type { Notifications } from "@/api/types";
import { Button } from "@/ui/button";
import { CheckField, TextField } from "@/ui/field";
import { Panel } from "@/ui/panel";

type Props = { settings: Notifications; onSave: (part: Partial<Notifications>) => Promise<boolean> };

/** Hours of the day without messages, in the zone of this browser unless another was chosen. */
export function QuietPanel({ settings, onSave }: Props) {
  const t = useTranslations("notify");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [from, setFrom] = useState(settings.quiet_from ?? "");
  const [until, setUntil] = useState(settings.quiet_until ?? "");
  const [critical, setCritical] = useState(settings.critical_in_quiet_hours ?? false);
  const [digestAt, setDigestAt] = useState(settings.digest_at ?? "08:00");
  const [busy, setBusy] = useState(false);
  const both = Boolean(from) === Boolean(until);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    await onSave({ quiet_from: from || null, quiet_until: until || null, critical_in_quiet_hours: critical, digest_at: digestAt || "08:00", time_zone: here });
    setBusy(false);
  }
  return (
    <Panel title={t("quiet")}>
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <p className="text-xs text-muted">{t("quietText", { zone: here })}</p>
        <div className="grid grid-cols-2 gap-3">
          <TextField label={t("from")} type="time" value={from} onChange={(event) => setFrom(event.target.value)} />
          <TextField label={t("until")} type="time" value={until} onChange={(event) => setUntil(event.target.value)} error={both ? undefined : t("bothNeeded")} />
        </div>
        <CheckField label={t("criticalInQuiet")} checked={critical} onChange={(event) => setCritical(event.target.checked)} />
        <TextField label={t("digestAt")} type="time" required value={digestAt} onChange={(event) => setDigestAt(event.target.value)} />
        <div className="flex justify-end">
          <Button type="submit" busy={busy} disabled={!both}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
