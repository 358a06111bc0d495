"use client";
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import type { Channel, Occasion } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { CheckField, SelectField, TextField } from "@/ui/field";

const OCCASIONS: readonly Occasion[] = ["error", "guard_tripped", "key_invalid", "stopped", "started", "deal_closed", "fill", "alert_silent", "backtest_finished", "parity_report", "parity_drift"];
const SEVERITIES = ["info", "warning", "critical"] as const;
const DIGESTS = ["none", "hourly", "daily"] as const;
const URGENT: readonly Occasion[] = ["error", "guard_tripped", "key_invalid", "stopped"];

type Props = { channel: Channel | null; onClose: () => void; onSave: (channel: Channel) => Promise<boolean> };

export function ChannelDialog({ channel, onClose, onSave }: Props) {
  const t = useTranslations("notify");
  const [kind, setKind] = useState<Channel["kind"]>(channel?.kind ?? "url");
  const [target, setTarget] = useState(channel?.target ?? "");
  const [occasions, setOccasions] = useState<readonly Occasion[]>(channel?.occasions ?? URGENT);
  const [severity, setSeverity] = useState<Channel["min_severity"]>(channel?.min_severity ?? "info");
  const [digest, setDigest] = useState<Channel["digest"]>(channel?.digest ?? "none");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const id = channel?.id ?? `ch_${crypto.randomUUID().replace(/-/g, "").slice(0, 12)}`;
    const chosen = OCCASIONS.filter((one) => occasions.includes(one));
    const done = await onSave({ id, kind, target: target.trim(), occasions: chosen, enabled: channel?.enabled ?? true, min_severity: severity, digest });
    setBusy(false);
    if (done) onClose();
  }
  return (
    <Dialog open onClose={onClose} title={t(channel ? "edit" : "add")} description={t("channelText")}>
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <div className="grid gap-3 sm:grid-cols-[140px_1fr]">
          <SelectField label={t("kind")} value={kind} onChange={(event) => setKind(event.target.value === "email" ? "email" : "url")}>
            <option value="url">{t("url")}</option>
            <option value="email">{t("email")}</option>
          </SelectField>
          <TextField
            label={t(kind === "url" ? "address" : "mail")}
            type={kind}
            required
            maxLength={500}
            placeholder={kind === "url" ? "https://" : "you@example.org"}
            value={target}
            onChange={(event) => setTarget(event.target.value)}
          />
        </div>
        <fieldset>
          <legend className="text-xs font-medium text-muted">{t("occasions")}</legend>
          <div className="grid grid-cols-2 gap-x-3">
            {OCCASIONS.map((one) => (
              <CheckField
                key={one}
                label={t(`occasion_${one}`)}
                checked={occasions.includes(one)}
                onChange={(event) => setOccasions(event.target.checked ? [...occasions, one] : occasions.filter((other) => other !== one))}
              />
            ))}
          </div>
        </fieldset>
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField label={t("severity")} help={t(`severity_${severity}_text`)} value={severity} onChange={(event) => setSeverity(SEVERITIES.find((one) => one === event.target.value) ?? "info")}>
            {SEVERITIES.map((one) => (
              <option key={one} value={one}>
                {t(`severity_${one}`)}
              </option>
            ))}
          </SelectField>
          <SelectField label={t("digest")} help={t("digestHelp")} value={digest} onChange={(event) => setDigest(DIGESTS.find((one) => one === event.target.value) ?? "none")}>
            {DIGESTS.map((one) => (
              <option key={one} value={one}>
                {t(`digest_${one}`)}
              </option>
            ))}
          </SelectField>
        </div>
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={busy} disabled={!target.trim() || occasions.length === 0}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
