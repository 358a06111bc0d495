"use client";
import { useTranslations } from "use-intl";
import { useDeleteBot } from "@/api/queries/bot-commands";
import type { Bot } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { useNav } from "@/lib/nav";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { toast } from "@/ui/toast";

export function DeleteDialog({ bot, onClose }: { bot: Bot; onClose: () => void }) {
  const t = useTranslations("bot");
  const action = useTranslations("action");
  const text = useErrorText();
  const nav = useNav();
  const remove = useDeleteBot(bot.id);
  const confirm = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        toast.success(t("deleted"));
        nav.go("/bots/");
      },
      onError: (error) => toast.error(text(error)),
    });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("deleteTitle", { name: bot.name })}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look="danger" busy={remove.isPending} onClick={confirm}>
            {action("delete")}
          </Button>
        </>
      }
    >
      <p className="text-sm">{t(bot.status === "draft" ? "deleteDraftText" : "deleteText")}</p>
    </Dialog>
  );
}
