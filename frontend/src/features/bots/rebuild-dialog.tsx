"use client";
/** A bot whose memory is lost is made again: what that does to its orders and figures is said first. */
import { useTranslations } from "use-intl";
import { useCommand } from "@/api/queries/bot-commands";
import type { Bot } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { toast } from "@/ui/toast";

const STEPS = ["orders", "fills", "epoch", "backup"] as const;

export default function RebuildDialog({ bot, onClose }: { bot: Bot; onClose: () => void }) {
  const t = useTranslations("rebuild");
  const action = useTranslations("action");
  const text = useErrorText();
  const command = useCommand(bot.id);
  const confirm = () =>
    command.mutate(
      { name: "rebuild" },
      {
        onSuccess: () => {
          toast.success(t("sent"));
          onClose();
        },
      },
    );
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("title", { name: bot.name })}
      description={t(bot.status === "error" ? "forError" : "forHealthy")}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look="primary" busy={command.isPending} onClick={confirm}>
            {t("confirm")}
          </Button>
        </>
      }
    >
      <ul className="list-disc space-y-1.5 pl-4 text-sm">
        {STEPS.map((name) => (
          <li key={name}>{t(name, { epoch: bot.epoch + 1, count: bot.open_orders ?? 0 })}</li>
        ))}
      </ul>
      {command.error ? (
        <p role="alert" className="mt-3 rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {text(command.error)}
        </p>
      ) : null}
    </Dialog>
  );
}
