"use client";
/** One amount for a running bot: money added to it, or one more safety order into the open deal. */
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useAddFunds, useAddSafety } from "@/api/queries/bot-edits";
import type { Bot } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { parseTyped, signOf } from "@/lib/money";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { toast } from "@/ui/toast";
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
          unit={kind === "funds" ? (bot.pnl?.currency ?? quoteOf(bot.symbol)) : quoteOf(bot.symbol)}
          inputMode="decimal"
          required
          autoComplete="off"
          value={typed}
          error={error ? text(error) : undefined}
          onChange={(event) => setTyped(event.target.value)}
        />
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
