"use client";
/** Connecting a real exchange: what the key may do decides, and nothing of it is ever shown again. */
import { type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useCreateAccount } from "@/api/queries/accounts";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/field";
import { toast } from "@/ui/toast";
import { credentialsOf, KeyFields } from "./key-fields";

const EXCHANGES = ["binance", "bybit", "okx", "kraken", "coinbase", "kucoin", "bitget", "gate"] as const;

export function LiveForm({ onDone }: { onDone: () => void }) {
  const t = useTranslations("live_account");
  const text = useErrorText();
  const create = useCreateAccount();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate(
      { exchange: EXCHANGES.find((name) => name === form.get("exchange")) ?? "binance", label: String(form.get("label") ?? "").trim(), credentials: credentialsOf(form) },
      {
        onSuccess: () => {
          toast.success(t("connected"));
          onDone();
        },
      },
    );
  }
  return (
    <form onSubmit={submit} className="space-y-3" autoComplete="off">
      <p className="rounded-md bg-warn-soft px-3 py-2 text-xs text-warn">{t("rules")}</p>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label={t("label")} name="label" required maxLength={80} />
        <SelectField label={t("exchange")} name="exchange">
          {EXCHANGES.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
      <KeyFields />
      {create.error ? (
        <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {text(create.error)}
        </p>
      ) : null}
      <div className="flex justify-end">
        <Button type="submit" look="primary" busy={create.isPending}>
          {t("connect")}
        </Button>
      </div>
    </form>
  );
}
