"use client";
import { Plus, X } from "lucide-react";
import { useFieldArray, useForm, useWatch } from "react-hook-form";
import { toast } from "@/ui/toast";
import { useTranslations } from "use-intl";
import { ApiError } from "@/api/client";
import { useCreateAccount } from "@/api/queries/accounts";
import { useCodeText, useErrorText } from "@/lib/errors";
import { parseTyped, wholeOf } from "@/lib/money";
import { Button, IconButton } from "@/ui/button";
import { SelectField, TextField } from "@/ui/field";

type Row = { currency: string; amount: string };
type Values = { label: string; market: string; speed: string; balances: Row[]; latency_ms: string; slippage_pct: string; volume_share_pct: string };

const FRICTIONS = [
  ["slippage_pct", "%"],
  ["latency_ms", "ms"],
  ["volume_share_pct", "%"],
] as const;

/** Exchanges whose public prices need no key; the server refuses what it cannot read. */
const EXCHANGES = ["binance", "bybit", "okx", "kraken", "kucoin", "gate"] as const;

export function PaperForm({ onDone }: { onDone: () => void }) {
  const t = useTranslations("accounts");
  const text = useErrorText();
  const say = useCodeText();
  const create = useCreateAccount();
  const form = useForm<Values>({ defaultValues: { label: "Paper", market: "simulated", speed: "1", balances: [{ currency: "USDT", amount: "10000" }], latency_ms: "", slippage_pct: "", volume_share_pct: "" } });
  const { register, control, handleSubmit, setError, formState } = form;
  const rows = useFieldArray({ control, name: "balances" });
  const market = useWatch({ control, name: "market" });
  const played = market === "simulated" || market === "replay";
  const help = market === "simulated" ? t("simulatedHelp") : market === "replay" ? t("replayHelp") : t("exchangeHelp");
  const reg = (name: Parameters<typeof register>[0], options?: Parameters<typeof register>[1]) => {
    const { ref, ...rest } = register(name, options);
    return { ...rest, inputRef: ref };
  };
  const needed = { required: say("required", {}) };

  const submit = handleSubmit(async (values) => {
    const balances: Record<string, string> = {};
    for (const [index, row] of values.balances.entries()) {
      const amount = parseTyped(row.amount);
      if (amount === null) return setError(`balances.${index}.amount`, { message: say("not_a_number", {}) });
      balances[row.currency.trim().toUpperCase()] = amount;
    }
    try {
      const friction = { latency_ms: wholeOf(values.latency_ms || "0"), slippage_pct: parseTyped(values.slippage_pct), volume_share_pct: parseTyped(values.volume_share_pct) };
      await create.mutateAsync({ exchange: "paper", label: values.label.trim(), market: values.market, balances, speed: played ? wholeOf(values.speed) : 1, ...friction });
      toast.success(t("created"));
      onDone();
    } catch (error) {
      const field = error instanceof ApiError ? error.field : null;
      if (field === "label" || field === "market" || field === "speed" || FRICTIONS.some(([name]) => name === field)) setError(field as "label", { message: text(error) });
      else setError("root", { message: text(error) });
    }
  });

  return (
    <form onSubmit={submit} className="space-y-3" noValidate>
      <TextField label={t("label")} {...reg("label", needed)} required error={formState.errors.label?.message} maxLength={80} />
      <div className="grid grid-cols-[1fr_120px] gap-3">
        <SelectField
          label={t("market")}
          help={help}
          error={formState.errors.market?.message}
          {...(({ inputRef, ...rest }) => ({ ...rest, selectRef: inputRef }))(reg("market"))}
        >
          <option value="simulated">{t("simulated")}</option>
          <option value="replay">{t("replay")}</option>
          {EXCHANGES.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
        {played ? (
          <TextField label={t("speed")} help={t("speedHelp")} unit="×" inputMode="numeric" error={formState.errors.speed?.message} {...reg("speed", { ...needed, pattern: { value: /^\d{1,5}$/, message: say("not_a_number", {}) } })} />
        ) : null}
      </div>
      <ul className="space-y-2">
        {rows.fields.map((row, index) => (
          <li key={row.id} className="flex items-start gap-2">
            <TextField label={t("currency")} {...reg(`balances.${index}.currency`, needed)} className="w-28" error={formState.errors.balances?.[index]?.currency?.message} autoCapitalize="characters" />
            <TextField label={t("balance")} inputMode="decimal" {...reg(`balances.${index}.amount`, needed)} className="flex-1" error={formState.errors.balances?.[index]?.amount?.message} />
            {rows.fields.length > 1 ? (
              <IconButton label={t("removeBalance", { currency: row.currency })} className="mt-5" onClick={() => rows.remove(index)}>
                <X aria-hidden="true" className="size-4" />
              </IconButton>
            ) : null}
          </li>
        ))}
      </ul>
      <Button small look="quiet" onClick={() => rows.append({ currency: "BTC", amount: "1" })}>
        <Plus aria-hidden="true" className="size-3.5" /> {t("addBalance")}
      </Button>
      <details className="border-t border-line pt-2">
        <summary className="text-xs font-medium text-muted hover:text-text">{t("friction")}</summary>
        <p className="my-2 text-xs text-muted">{t("frictionHelp")}</p>
        <div className="grid grid-cols-3 gap-3">
          {FRICTIONS.map(([name, unit]) => (
            <TextField key={name} label={t(name)} unit={unit} inputMode="decimal" placeholder={t("none")} error={formState.errors[name]?.message} {...reg(name, { pattern: { value: /^\d{0,5}([.,]\d{1,4})?$/, message: say("not_a_number", {}) } })} />
          ))}
        </div>
      </details>
      {formState.errors.root ? (
        <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {formState.errors.root.message}
        </p>
      ) : null}
      <div className="flex justify-end">
        <Button type="submit" look="primary" busy={create.isPending}>
          {t("create")}
        </Button>
      </div>
    </form>
  );
}
