"use client";
/** Stopping moves money: each way says what it does with what the bot holds, before it is chosen. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Bot, CloseMode } from "@/api/types";
import { formatAmount, tone } from "@/lib/money";
import { Button } from "@/ui/button";
import { ChoiceList, type Choice } from "@/ui/choice-list";
import { Dialog } from "@/ui/dialog";
import { Money, Stat } from "@/ui/figure";
import { After } from "./after";
import { splitNow, usePriced } from "./priced";
import { PricedAge } from "./priced-age";
import { isFuture } from "./words";

type Props = { bot: Bot; open: boolean; busy: boolean; onClose: () => void; onConfirm: (mode: CloseMode) => void };

export function StopDialog({ bot, open, busy, onClose, onConfirm }: Props) {
  const t = useTranslations("stop");
  const action = useTranslations("action");
  const [mode, setMode] = useState<CloseMode>("keep");
  const choices = useChoices(bot);
  const priced = usePriced(bot);
  const pnl = bot.pnl ? splitNow(bot.pnl, priced) : null;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("title", { name: bot.name })}
      description={t("description")}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look="danger" busy={busy} onClick={() => onConfirm(mode)}>
            {t("confirm")}
          </Button>
        </>
      }
    >
      {pnl ? (
        <dl className="mb-3 grid grid-cols-2 gap-3">
          <Stat label={t("now")} note={<PricedAge priced={priced} />}>
            <Money value={pnl.total} unit={pnl.currency} sign />
          </Stat>
          <Stat label={t("unrealised")}>
            <Money value={pnl.inventory_pnl} unit={pnl.currency} sign />
          </Stat>
        </dl>
      ) : null}
      <ChoiceList label={t("description")} choices={choices} value={mode} onChange={setMode} />
      <After bot={bot} mode={mode} />
    </Dialog>
  );
}

function useChoices(bot: Bot): Choice<CloseMode>[] {
  const t = useTranslations("stop");
  const { holdings } = bot;
  const base = holdings ? `${formatAmount(holdings.base)} ${holdings.base_currency}` : "–";
  const quote = holdings ? `${formatAmount(holdings.quote)} ${holdings.quote_currency}` : "–";
  const losing = tone(bot.pnl?.total) === "negative";
  const choices: Choice<CloseMode>[] = [
    { value: "keep", title: t("keep"), text: t("keepText", { base, quote }) },
    { value: "quote", title: t("quote"), text: t("quoteText", { base, currency: holdings?.quote_currency ?? "" }) },
  ];
  if (!isFuture(bot.symbol)) {
    choices.push({ value: "base", title: t("base"), text: t("baseText", { quote, currency: holdings?.base_currency ?? "" }) });
  }
  choices.push({ value: "break_even", title: t("break_even"), text: t("breakEvenText"), disabled: !losing });
  return choices;
}
