"use client";
/** One amount for a running bot: money added to it, or one more safety order into the open deal. */
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useAddFunds, useAddSafety } from "@/api/queries/bot-edits";
import { useAccounts } from "@/api/queries/accounts";
import type { Bot } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { negate, parseTyped, signOf, sum } from "@/lib/money";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Money, Stat } from "@/ui/figure";
import { toast } from "@/ui/toast";
import { Outlook } from "./after";
import { quoteOf } from "./words";

type Props = { bot: Bot; kind: "funds" | "safety"; onClose: () => void };

export function MoneyDialog({ bot, kind, onClose }: Props) {
  const t = useTranslations("addMoney");
  const action = useTranslations("action");
  const text = useErrorText();
  const funds = useAddFunds(bot.id);
  const safety = useAddSafety(bot.id);
  const [typed, setTyped] = useState("");
  const amount = parseTyped(typed);
  const call = kind === "funds" ? funds : safety;
  const error = call.error;
  const currency = kind === "funds" ? (bot.pnl?.currency ?? quoteOf(bot.symbol)) : quoteOf(bot.symbol);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (amount === null) return;
    call.mutate(amount, {
      onSuccess: () => {
        toast.success(t("sent"));
        onClose();
      },
    });
  }
  return (
    <Dialog open onClose={onClose} title={t(kind, { name: bot.name })} description={t(`${kind}Text`)}>
      <form onSubmit={submit} className="space-y-3">
        <TextField
          label={t("amount")}
          unit={currency}
          inputMode="decimal"
          required
          autoComplete="off"
          value={typed}
          error={error ? text(error) : undefined}
          onChange={(event) => setTyped(event.target.value)}
        />
        {kind === "funds" && amount !== null && signOf(amount) > 0 ? <Result bot={bot} currency={currency} amount={amount} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button type="submit" look="primary" disabled={amount === null || signOf(amount) <= 0} busy={call.isPending}>
            {t("confirm")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Where the money is afterwards: in the bot, and no longer free in the account. */
function Result({ bot, currency, amount }: { bot: Bot; currency: string; amount: string }) {
  const t = useTranslations("addMoney");
  const accounts = useAccounts();
  const balance = accounts.data?.items.find((one) => one.id === bot.account_id)?.balances?.find((one) => one.currency === currency);
  const free = balance ? sum([balance.total, negate(balance.reserved ?? "0"), negate(amount)]) : null;
  return (
    <Outlook text={t("after")}>
      <Stat label={t("inBot")}>
        <Money value={sum([bot.reserved?.[currency] ?? "0", amount])} unit={currency} />
      </Stat>
      <Stat label={t("freeAfter")} note={free !== null && signOf(free) < 0 ? <span className="text-negative">{t("tooMuch")}</span> : null}>
        <Money value={free} unit={currency} />
      </Stat>
    </Outlook>
  );
}
