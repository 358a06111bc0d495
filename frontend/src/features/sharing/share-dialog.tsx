"use client";
/** A link to a bot's plan as it is now: what it shows is chosen here, and it is shown once. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useCreateShare } from "@/api/queries/sharing";
import type { Bot } from "@/api/types";
import { CopyBox } from "@/features/webhooks/copy-box";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { CheckField } from "@/ui/field";

export default function ShareDialog({ bot, onClose }: { bot: Bot; onClose: () => void }) {
  const t = useTranslations("sharing");
  const text = useErrorText();
  const create = useCreateShare();
  const [amounts, setAmounts] = useState(false);
  const [performance, setPerformance] = useState(true);
  return (
    <Dialog open onClose={onClose} title={t("share", { name: bot.name })} description={t("shareText")}>
      {create.data ? (
        <div className="space-y-2">
          <CopyBox label={t("link")} text={create.data.url} />
          <p className="text-xs text-muted">{t("once")}</p>
        </div>
      ) : (
        <div className="space-y-3">
          <CheckField label={t("amounts")} help={t("amountsHelp")} checked={amounts} onChange={(event) => setAmounts(event.target.checked)} />
          <CheckField label={t("performance")} help={t("performanceHelp")} checked={performance} onChange={(event) => setPerformance(event.target.checked)} />
          {create.error ? (
            <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
              {text(create.error)}
            </p>
          ) : null}
          <div className="flex justify-end">
            <Button look="primary" busy={create.isPending} onClick={() => create.mutate({ bot_id: bot.id, with_amounts: amounts, with_performance: performance, expires_in_days: null })}>
              {t("make")}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
