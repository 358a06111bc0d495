"use client";
import { CirclePause, CirclePlay, CircleStop, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "@/ui/toast";
import { useTranslations } from "use-intl";
import { useCommand, useDeleteBot, type Command } from "@/api/queries/bot-commands";
import type { Bot } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { useNav } from "@/lib/nav";
import { Button } from "@/ui/button";
import { MoreMenu } from "./more-menu";
import { PauseDialog } from "./pause-dialog";
import { StopDialog } from "./stop-dialog";
import { mayDelete, mayPause, mayResume, mayStart, mayStop } from "./words";

export function Commands({ bot }: { bot: Bot }) {
  const t = useTranslations("action");
  const words = useTranslations("bot");
  const text = useErrorText();
  const nav = useNav();
  const command = useCommand(bot.id);
  const remove = useDeleteBot(bot.id);
  const [dialog, setDialog] = useState<"stop" | "pause" | null>(null);

  const tell = (what: Command) =>
    command.mutate(what, {
      onSuccess: () => {
        setDialog(null);
        toast.success(words(what.name === "start" ? "started_toast" : "command_toast"));
      },
      onError: (error) => toast.error(text(error)),
    });

  return (
    <>
      {mayStart(bot) ? (
        <Button look="primary" busy={command.isPending} onClick={() => tell({ name: "start" })}>
          <CirclePlay aria-hidden="true" className="size-4" /> {t("start")}
        </Button>
      ) : null}
      {mayResume(bot) ? (
        <Button look="primary" busy={command.isPending} onClick={() => tell({ name: "resume" })}>
          <CirclePlay aria-hidden="true" className="size-4" /> {t("resume")}
        </Button>
      ) : null}
      {mayPause(bot) ? (
        <Button onClick={() => setDialog("pause")}>
          <CirclePause aria-hidden="true" className="size-4" /> {t("pause")}
        </Button>
      ) : null}
      {mayStop(bot) ? (
        <Button onClick={() => setDialog("stop")}>
          <CircleStop aria-hidden="true" className="size-4 text-negative" /> {t("stop")}
        </Button>
      ) : null}
      {mayDelete(bot) ? (
        <Button
          busy={remove.isPending}
          onClick={() =>
            remove.mutate(undefined, {
              onSuccess: () => {
                toast.success(words("deleted"));
                nav.go("/bots/");
              },
              onError: (error) => toast.error(text(error)),
            })
          }
        >
          <Trash2 aria-hidden="true" className="size-4" /> {t("delete")}
        </Button>
      ) : null}
      <MoreMenu bot={bot} />
      <StopDialog key={`stop-${dialog}`} bot={bot} open={dialog === "stop"} busy={command.isPending} onClose={() => setDialog(null)} onConfirm={(closeMode) => tell({ name: "stop", closeMode })} />
      <PauseDialog key={`pause-${dialog}`} bot={bot} open={dialog === "pause"} busy={command.isPending} onClose={() => setDialog(null)} onConfirm={(keepOrders) => tell({ name: "pause", keepOrders })} />
    </>
  );
}
