"use client";
/** A bot's shadow on paper: begun, compared and ended here. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useAttachTwin, useDetachTwin, useTwin } from "@/api/queries/twins";
import type { Bot, Twin } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { formatDateTime } from "@/lib/time";
import { Button, ButtonLink } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Empty, Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { Parity } from "./parity";
import { ParityReports } from "./parity-reports";

const ENDED: ReadonlySet<Bot["status"]> = new Set(["stopped", "finished"]);

export function TwinTab({ bot }: { bot: Bot }) {
  const twin = useTwin(bot.id);
  if (twin.isPending) return <Loading />;
  if (twin.isError && twin.data === undefined) return <Failed error={twin.error} retry={() => void twin.refetch()} />;
  return twin.data ? <Compared bot={bot} twin={twin.data} /> : <None bot={bot} />;
}

function None({ bot }: { bot: Bot }) {
  const t = useTranslations("twin");
  const text = useErrorText();
  const attach = useAttachTwin(bot.id);
  if (bot.market === "replay") return <Empty title={t("none")}>{t("noReplay")}</Empty>;
  if (ENDED.has(bot.status)) return <Empty title={t("none")}>{t("ended")}</Empty>;
  return (
    <Empty title={t("none")}>
      <p className="mb-3">{t("text")}</p>
      <Button look="primary" busy={attach.isPending} onClick={() => attach.mutate(undefined, { onSuccess: () => toast.success(t("begun")), onError: (error) => toast.error(text(error)) })}>
        {t(bot.status === "draft" ? "attachDraft" : "attach")}
      </Button>
    </Empty>
  );
}

function Compared({ bot, twin }: { bot: Bot; twin: Twin }) {
  const t = useTranslations("twin");
  const [ending, setEnding] = useState(false);
  return (
    <div className="space-y-4 p-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-full text-xs sm:basis-60 text-muted">{t("since", { time: formatDateTime(twin.created_at), next: formatDateTime(twin.next_report_at) })}</p>
        <ButtonLink small href={`/bots/?id=${twin.twin_id}`}>
          {t("open")}
        </ButtonLink>
        <Button small onClick={() => setEnding(true)}>
          {t("end")}
        </Button>
      </div>
      <Parity bot={bot} />
      <ParityReports bot={bot} />
      {ending ? <EndDialog bot={bot} onClose={() => setEnding(false)} /> : null}
    </div>
  );
}

function EndDialog({ bot, onClose }: { bot: Bot; onClose: () => void }) {
  const t = useTranslations("twin");
  const action = useTranslations("action");
  const text = useErrorText();
  const detach = useDetachTwin(bot.id);
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("endTitle", { name: bot.name })}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look="danger" busy={detach.isPending} onClick={() => detach.mutate(undefined, { onSuccess: onClose, onError: (error) => toast.error(text(error)) })}>
            {t("end")}
          </Button>
        </>
      }
    >
      <p className="text-sm">{t("endText")}</p>
    </Dialog>
  );
}
