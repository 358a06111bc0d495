"use client";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Account, PreviewAnswer } from "@/api/types";
import { Outlook } from "@/features/bots/after";
import { ModeBadge } from "@/features/shell/mode-badge";
import { useErrorText } from "@/lib/errors";
import { formatPrice, negate, sum } from "@/lib/money";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Money, Stat } from "@/ui/figure";
import { Findings, Notice } from "./findings";

type Props = {
  open: boolean;
  onClose: () => void;
  name: string;
  account: Account;
  symbol: string;
  answer: PreviewAnswer | null;
  /** Why there is no answer, where the plan is not on the page behind. */
  error?: unknown;
  busy: boolean;
  onConfirm: () => void;
};

/** What goes out at once and what it costs; real money asks for the market's name in writing. */
export function StartDialog({ open, onClose, name, account, symbol, answer, error, busy, onConfirm }: Props) {
  const t = useTranslations("newBot");
  const action = useTranslations("action");
  const say = useErrorText();
  const [typed, setTyped] = useState("");
  const live = account.exchange !== "paper";
  const against = (answer?.preview.warnings ?? []).map(({ field, code, params = {} }) => ({ field, code, params }));
  const allowed = !live || typed.trim().toUpperCase() === symbol.toUpperCase();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("confirmTitle", { name })}
      description={t("confirmText")}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look={live ? "danger" : "primary"} disabled={!allowed || !answer} busy={busy} onClick={onConfirm}>
            {t("confirm")}
          </Button>
        </>
      }
    >
      <div className="space-y-3">
        <div className="flex items-center gap-2 text-sm">
          <span className="font-medium">{symbol}</span> <span className="text-muted">{account.label}</span>
          <ModeBadge exchange={account.exchange} market={account.market} />
        </div>
        {answer ? (
          <dl className="grid grid-cols-2 gap-3">
            <Stat label={t("venueOrders")}>{answer.preview.venue_orders}</Stat>
            <Stat label={t("fundsNeeded")}>
              <Money value={answer.preview.funds_needed} unit={answer.preview.currency} />
            </Stat>
            <Stat label={t("feesToOpen")}>
              <Money value={answer.preview.fees_to_open} unit={answer.preview.currency} />
            </Stat>
            <Stat label={t("worstCase")} note={answer.preview.worst_case_price ? t("worstCaseAt", { price: `${formatPrice(answer.preview.worst_case_price, answer.market.price_tick)} ${answer.market.quote}` }) : null}>
              <Money value={answer.preview.worst_case} unit={answer.currency} />
            </Stat>
          </dl>
        ) : null}
        {error ? (
          <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
            {say(error)}
          </p>
        ) : null}
        {answer ? <Left answer={answer} /> : null}
        {against.length > 0 ? (
          <Notice tone="warn" title={t("warnings")}>
            <Findings findings={against} />
          </Notice>
        ) : null}
        {live ? <TextField label={t("confirmLive", { symbol })} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /> : null}
      </div>
    </Dialog>
  );
}

/** What the account keeps free once the bot has set its money aside. */
function Left({ answer: { preview, available } }: { answer: PreviewAnswer }) {
  const t = useTranslations("newBot");
  const free = available?.[preview.currency];
  if (free === undefined) return null;
  return (
    <Outlook text={t("afterStart")}>
      <Stat label={t("available")}>
        <Money value={free} unit={preview.currency} />
      </Stat>
      <Stat label={t("freeAfter")}>
        <Money value={sum([free, negate(preview.funds_needed)])} unit={preview.currency} />
      </Stat>
    </Outlook>
  );
}
