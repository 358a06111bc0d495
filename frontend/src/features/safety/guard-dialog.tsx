"use client";
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useAccounts } from "@/api/queries/accounts";
import type { Guard } from "@/api/types";
import { useCodeText, useErrorText } from "@/lib/errors";
import { parseTyped } from "@/lib/money";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";

const KINDS = ["take_profit", "take_profit_pct", "stop_loss", "stop_loss_pct", "drawdown_pct", "daily_loss", "exposure", "sudden_move_pct"] as const;
const MODES = ["freeze", "cancel_all", "stop", "flatten"] as const;

export function GuardDialog({ busy, onClose, onSave }: { busy: boolean; onClose: () => void; onSave: (guard: Guard) => Promise<unknown> }) {
  const t = useTranslations("guards");
  const panic = useTranslations("panic");
  const text = useErrorText();
  const say = useCodeText();
  const [kind, setKind] = useState<Guard["kind"]>("drawdown_pct");
  const [error, setError] = useState<string | null>(null);
  const needsCurrency = kind !== "sudden_move_pct";
  const percent = kind.endsWith("_pct");
  const accounts = useAccounts();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? "");
    const limit = parseTyped(read("limit"));
    if (limit === null) return setError(say("not_a_number", {}));
    setError(null);
    const guard: Guard = {
      id: `g_${crypto.randomUUID().replace(/-/g, "").slice(0, 16)}`,
      kind,
      world: read("world") === "live" ? "live" : "paper",
      limit,
      currency: needsCurrency ? read("currency").trim().toUpperCase() : null,
      account_id: read("account_id") || null,
      window_s: 300,
      mode: MODES.find((mode) => mode === read("mode")) ?? "freeze",
      enabled: true,
    };
    onSave(guard).catch((problem: unknown) => setError(text(problem)));
  }

  return (
    <Dialog open onClose={onClose} title={t("add")} description={t("hint")}>
      <form onSubmit={submit} className="space-y-3" noValidate>
        <SelectField label={t("kind")} help={t(`${kind}_text`)} value={kind} onChange={(event) => setKind(KINDS.find((one) => one === event.target.value) ?? "drawdown_pct")}>
          {KINDS.map((name) => (
            <option key={name} value={name}>
              {t(name)}
            </option>
          ))}
        </SelectField>
        <div className="grid grid-cols-2 gap-3">
          <TextField label={t("limit")} name="limit" inputMode="decimal" required unit={percent ? "%" : undefined} error={error} />
          {needsCurrency ? <TextField label={t("currency")} name="currency" defaultValue="USDT" required /> : null}
          <SelectField label={t("world")} name="world">
            <option value="paper">{t("paper")}</option>
            <option value="live">{t("live")}</option>
          </SelectField>
          <SelectField label={t("account")} name="account_id">
            <option value="">{t("allAccounts")}</option>
            {(accounts.data?.items ?? []).map((account) => (
              <option key={account.id} value={account.id}>
                {account.label}
              </option>
            ))}
          </SelectField>
          <SelectField label={t("mode")} name="mode">
            {MODES.map((mode) => (
              <option key={mode} value={mode}>
                {mode === "stop" ? t("stop") : panic(mode)}
              </option>
            ))}
          </SelectField>
        </div>
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={busy}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
