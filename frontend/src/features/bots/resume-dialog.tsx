"use client";
/** Going on places orders again: what may be in the market afterwards is said first. */
import { useTranslations } from "use-intl";
import { usePreview } from "@/api/queries/bots";
import type { Bot } from "@/api/types";
import { ModeBadge } from "@/features/shell/mode-badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Money, Stat } from "@/ui/figure";
import { Outlook } from "./after";

type Props = { bot: Bot; busy: boolean; onClose: () => void; onConfirm: () => void };

export default function ResumeDialog({ bot, busy, onClose, onConfirm }: Props) {
  const t = useTranslations("resume");
  const action = useTranslations("action");
  const plan = usePreview({ account_id: bot.account_id, symbol: bot.symbol, strategy: bot.strategy, config: bot.config });
  const reserved = Object.entries(bot.reserved ?? {});
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("title", { name: bot.name })}
      description={t("description")}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look={bot.exchange === "paper" ? "primary" : "danger"} busy={busy} onClick={onConfirm}>
            {t("confirm")}
          </Button>
        </>
      }
    >
      <p className="flex flex-wrap items-center gap-2 text-sm">
        {bot.symbol} <ModeBadge exchange={bot.exchange} market={bot.market} />
      </p>
      <Outlook text={t("outlook")}>
        <Stat label={t("resting")}>{bot.open_orders}</Stat>
        {plan.data ? <Stat label={t("most")}>{plan.data.preview.venue_orders}</Stat> : null}
        {reserved.map(([currency, amount]) => (
          <Stat key={currency} label={t("money")}>
            <Money value={amount} unit={currency} />
          </Stat>
        ))}
      </Outlook>
    </Dialog>
  );
}
