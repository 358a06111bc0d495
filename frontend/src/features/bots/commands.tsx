"use client";
/** What an owner may tell a bot now. Whatever moves money says what it does before it is sent. */
import { CirclePause, CirclePlay, CircleStop, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { late } from "@/lib/late";
import { toast } from "@/ui/toast";
import { useTranslations } from "use-intl";
import { useCommand, type Command } from "@/api/queries/bot-commands";
import type { Bot } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { DeleteDialog } from "./delete-dialog";
import { MoreMenu } from "./more-menu";
import { PauseDialog } from "./pause-dialog";
import { StopDialog } from "./stop-dialog";
import { isLost, mayDelete, mayPause, mayRebuild, mayResume, mayStart, mayStop } from "./words";

const RebuildDialog = late(() => import("./rebuild-dialog"));
const ResumeDialog = late(() => import("./resume-dialog"));
const StartDraft = late(() => import("./start-draft"));

export function Commands({ bot }: { bot: Bot }) {
  const t = useTranslations("action");
  const words = useTranslations("bot");
  const more = useTranslations("more");
  const text = useErrorText();
  const command = useCommand(bot.id);
  const [dialog, setDialog] = useState<"start" | "resume" | "rebuild" | "stop" | "pause" | "delete" | null>(null);
  const close = () => setDialog(null);

  const tell = (what: Command) =>
    command.mutate(what, {
      onSuccess: () => {
        close();
        toast.success(words(what.name === "start" ? "started_toast" : "command_toast"));
      },
      onError: (error) => toast.error(text(error)),
    });

  return (
    <>
      {mayStart(bot) ? (
        <Button look="primary" onClick={() => setDialog("start")}>
          <CirclePlay aria-hidden="true" className="size-4" /> {t("start")}
        </Button>
      ) : null}
      {mayResume(bot) ? (
        <Button look="primary" onClick={() => setDialog("resume")}>
          <CirclePlay aria-hidden="true" className="size-4" /> {t("resume")}
        </Button>
      ) : null}
      {isLost(bot) && mayRebuild(bot) ? (
        <Button look="primary" onClick={() => setDialog("rebuild")}>
          <RotateCcw aria-hidden="true" className="size-4" /> {more("rebuild")}
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
        <Button onClick={() => setDialog("delete")}>
          <Trash2 aria-hidden="true" className="size-4" /> {t("delete")}
        </Button>
      ) : null}
      <MoreMenu bot={bot} />
      {dialog === "start" ? <StartDraft bot={bot} busy={command.isPending} onClose={close} onConfirm={() => tell({ name: "start" })} /> : null}
      {dialog === "resume" ? <ResumeDialog bot={bot} busy={command.isPending} onClose={close} onConfirm={() => tell({ name: "resume" })} /> : null}
      {dialog === "rebuild" ? <RebuildDialog bot={bot} onClose={close} /> : null}
      <StopDialog key={`stop-${dialog}`} bot={bot} open={dialog === "stop"} busy={command.isPending} onClose={close} onConfirm={(closeMode) => tell({ name: "stop", closeMode })} />
      <PauseDialog key={`pause-${dialog}`} bot={bot} open={dialog === "pause"} busy={command.isPending} onClose={close} onConfirm={(keepOrders) => tell({ name: "pause", keepOrders })} />
      {dialog === "delete" ? <DeleteDialog bot={bot} onClose={close} /> : null}
    </>
  );
}
