"use client";
/** One command for several bots: what it does to each is said first, and what became of each afterwards. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useBulkCommand, type Command } from "@/api/queries/bot-commands";
import type { Bot, CloseMode } from "@/api/types";
import { ModeBadge } from "@/features/shell/mode-badge";
import { useErrorText } from "@/lib/errors";
import { formatAmount } from "@/lib/money";
import { Button } from "@/ui/button";
import { ChoiceList } from "@/ui/choice-list";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { toast } from "@/ui/toast";

export type BulkAction = "pause" | "resume" | "stop";

type Props = { action: BulkAction; bots: readonly Bot[]; left: readonly Bot[]; onClose: () => void; onDone: () => void };

export function BulkDialog({ action, bots, left, onClose, onDone }: Props) {
  const t = useTranslations("bulk");
  const words = useTranslations("action");
  const text = useErrorText();
  const send = useBulkCommand();
  const [keep, setKeep] = useState<"keep" | "cancel">("keep");
  const [mode, setMode] = useState<CloseMode>("keep");
  const [typed, setTyped] = useState("");
  const sells = action === "stop" && mode === "quote";
  const allowed = !sells || typed.trim().toUpperCase() === t("word");
  const command: Command = action === "pause" ? { name: "pause", keepOrders: keep === "keep" } : action === "stop" ? { name: "stop", closeMode: mode } : { name: "resume" };
  const confirm = () =>
    send.mutate(
      { ids: bots.map((bot) => bot.id), command },
      {
        onSuccess: ({ refused }) => {
          if (refused.length === 0) toast.success(t("sent", { count: bots.length }));
          for (const { id, error } of refused) toast.error(`${bots.find((bot) => bot.id === id)?.name ?? id}: ${text(error)}`);
          onClose();
          onDone();
        },
      },
    );
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(`${action}Title`, { count: bots.length })}
      description={t(`${action}Text`)}
      footer={
        <>
          <Button onClick={onClose}>{words("cancel")}</Button>
          <Button look={action === "stop" ? "danger" : "primary"} busy={send.isPending} disabled={!allowed} onClick={confirm}>
            {t(`${action}Confirm`, { count: bots.length })}
          </Button>
        </>
      }
    >
      <div className="space-y-3">
        {action === "pause" ? <PauseChoice value={keep} onChange={setKeep} /> : null}
        {action === "stop" ? <StopChoice value={mode} onChange={setMode} /> : null}
        {sells ? <TextField label={t("type", { word: t("word") })} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} /> : null}
        <ul aria-label={t("list")} className="max-h-48 divide-y divide-line overflow-auto rounded-md border border-line text-[13px]">
          {bots.map((bot) => (
            <li key={bot.id} className="flex flex-wrap items-center gap-x-2 px-3 py-1.5">
              <span className="font-medium">{bot.name}</span> <ModeBadge exchange={bot.exchange} market={bot.market} />
              {bot.holdings ? (
                <span className="num ml-auto text-xs text-muted">
                  {formatAmount(bot.holdings.base)} {bot.holdings.base_currency}
                </span>
              ) : null}
            </li>
          ))}
        </ul>
        {left.length > 0 ? <p className="text-xs text-muted">{t("left", { count: left.length })}</p> : null}
      </div>
    </Dialog>
  );
}

function PauseChoice({ value, onChange }: { value: "keep" | "cancel"; onChange: (value: "keep" | "cancel") => void }) {
  const t = useTranslations("pause");
  return (
    <ChoiceList
      label={t("description")}
      value={value}
      onChange={onChange}
      choices={[
        { value: "keep", title: t("keep"), text: t("keepText") },
        { value: "cancel", title: t("cancel"), text: t("cancelText") },
      ]}
    />
  );
}

function StopChoice({ value, onChange }: { value: CloseMode; onChange: (value: CloseMode) => void }) {
  const t = useTranslations("bulk");
  const stop = useTranslations("stop");
  return (
    <ChoiceList
      label={stop("description")}
      value={value}
      onChange={onChange}
      choices={[
        { value: "keep", title: stop("keep"), text: t("keepText") },
        { value: "quote", title: stop("quote"), text: t("quoteText") },
      ]}
    />
  );
}
