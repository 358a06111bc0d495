"use client";
/** Starting a draft: the same words and figures as on the page it was planned on, worked out anew at the price now. */
import { useAccounts } from "@/api/queries/accounts";
import { usePreview } from "@/api/queries/bots";
import type { Bot, BotPlan } from "@/api/types";
import { StartDialog } from "@/features/new-bot/start-dialog";

type Props = { bot: Bot; busy: boolean; onClose: () => void; onConfirm: () => void };

export default function StartDraft({ bot, busy, onClose, onConfirm }: Props) {
  const accounts = useAccounts();
  const { account_id, symbol, strategy, config } = bot;
  const preview = usePreview({ account_id, symbol, strategy, config } as BotPlan);
  const account = accounts.data?.items.find((one) => one.id === account_id);
  if (!account) return null;
  return <StartDialog open onClose={onClose} name={bot.name} account={account} symbol={symbol} answer={preview.data ?? null} error={preview.error} busy={busy} onConfirm={onConfirm} />;
}
