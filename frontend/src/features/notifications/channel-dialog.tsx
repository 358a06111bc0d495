"use client";
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import type { Channel, Occasion } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { CheckField, SelectField, TextField } from "@/ui/field";

const OCCASIONS: readonly Occasion[] = ["error", "guard_tripped", "key_invalid", "stopped", "started", "deal_closed", "fill", "alert_silent"];
const URGENT: readonly Occasion[] = ["error", "guard_tripped", "key_invalid", "stopped"];

type Props = { channel: Channel | null; onClose: () => void; onSave: (channel: Channel) => Promise<boolean> };

export function ChannelDialog({ channel, onClose, onSave }: Props) {
  const t = useTranslations("notify");
  const [kind, setKind] = useState<Channel["kind"]>(channel?.kind ?? "url");
  const [target, setTarget] = useState(channel?.target ?? "");
  const [occasions, setOccasions] = useState<readonly Occasion[]>(channel?.occasions ?? URGENT);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const id = channel?.id ?? `ch_${crypto.randomUUID().replace(/-/g, "").slice(0, 12)}`;
    const done = await onSave({ id, kind, target: target.trim(), occasions: OCCASIONS.filter((one) => occasions.includes(one)), enabled: channel?.enabled ?? true });
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
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={busy} disabled={!target.trim() || occasions.length === 0}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
