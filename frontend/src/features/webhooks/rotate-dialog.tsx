"use client";
/** A new secret: alerts with the old one are refused from then on; the new one is shown once. */
import { useTranslations } from "use-intl";
import { useRotateWebhook } from "@/api/queries/webhooks";
import type { Webhook } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { CopyBox } from "./copy-box";

export function RotateDialog({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  const t = useTranslations("webhooks");
  const action = useTranslations("action");
  const text = useErrorText();
  const rotate = useRotateWebhook(hook.id);
  const made = rotate.data;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("rotate")}
      description={made ? t("secretOnce") : t("rotateText")}
      footer={
        made ? (
          <Button onClick={onClose}>{action("close")}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{action("cancel")}</Button>
            <Button look="danger" busy={rotate.isPending} onClick={() => rotate.mutate()}>
              {t("rotate")}
            </Button>
          </>
        )
      }
    >
      {made ? (
        <div className="space-y-3">
          <CopyBox label={t("url")} text={made.webhook.url} />
          {made.secret ? <CopyBox label={t("secret")} text={made.secret} /> : null}
        </div>
      ) : (
        <p className="text-sm">{hook.name}</p>
      )}
      {rotate.error ? (
        <p role="alert" className="mt-3 rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {text(rotate.error)}
        </p>
      ) : null}
    </Dialog>
  );
}
