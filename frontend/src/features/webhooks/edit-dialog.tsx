"use client";
/** A webhook's settings: whom it may command, how old an alert may be, and when silence is worth a word. */
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useBots } from "@/api/queries/bots";
import { usePatchWebhook } from "@/api/queries/webhooks";
import type { Webhook } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { wholeOf } from "@/lib/money";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { CheckField, SelectField, TextField } from "@/ui/field";
import { toast } from "@/ui/toast";
import { BotChecks } from "./bot-checks";

const MODES = ["keep", "quote", "base", "break_even"] as const;
const MINUTE = 60;

export function EditDialog({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  const t = useTranslations("webhooks");
  const text = useErrorText();
  const bots = useBots();
  const patch = usePatchWebhook(hook.id);
  const [chosen, setChosen] = useState<string[]>([...hook.bots]);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const say = (name: string) => String(form.get(name) ?? "").trim();
    patch.mutate(
      {
        name: say("name"),
        bots: chosen,
        close_mode: MODES.find((one) => one === say("close_mode")) ?? "quote",
        max_lag_s: wholeOf(say("max_lag_s")),
        expected_every_s: wholeOf(say("expected")) * MINUTE,
        only_tradingview_ips: form.get("ips") !== null,
      },
      {
        onSuccess: () => {
          toast.success(t("saved"));
          onClose();
        },
      },
    );
  }
  return (
    <Dialog open onClose={onClose} title={t("edit")} description={hook.name}>
      <form onSubmit={submit} className="space-y-3">
        <TextField label={t("name")} name="name" required maxLength={80} defaultValue={hook.name} />
        <BotChecks bots={bots.data?.items ?? null} chosen={chosen} onChange={setChosen} />
        <SelectField label={t("closeMode")} name="close_mode" defaultValue={hook.close_mode}>
          {MODES.map((mode) => (
            <option key={mode} value={mode}>
              {t(`close_${mode}`)}
            </option>
          ))}
        </SelectField>
        <div className="grid grid-cols-2 gap-3">
          <TextField label={t("maxLag")} help={t("maxLagHelp")} name="max_lag_s" unit="s" type="number" min={1} max={86_400} required defaultValue={hook.max_lag_s} />
          <TextField label={t("expected")} help={t("expectedHelp")} name="expected" unit="min" type="number" min={0} max={43_200} defaultValue={Math.round((hook.expected_every_s ?? 0) / MINUTE)} />
        </div>
        <CheckField label={t("onlyIps")} name="ips" defaultChecked={hook.only_tradingview_ips} />
        {patch.error ? (
          <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
            {text(patch.error)}
          </p>
        ) : null}
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={patch.isPending} disabled={chosen.length === 0}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
