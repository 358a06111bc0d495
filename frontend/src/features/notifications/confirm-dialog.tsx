"use client";
/** An e-mail address gets nothing before its owner has entered the code it was sent. */
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useConfirmAddress, useSendCode } from "@/api/queries/preferences";
import type { Channel } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { toast } from "@/ui/toast";

export function ConfirmDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const t = useTranslations("notify");
  const text = useErrorText();
  const send = useSendCode();
  const confirm = useConfirmAddress();
  const [code, setCode] = useState("");
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    send.mutate(channel.id);
  }, [send, channel.id]);

  function submit(event: FormEvent): void {
    event.preventDefault();
    confirm.mutate({ id: channel.id, code: code.trim() }, { onSuccess: () => (toast.success(t("confirmed")), onClose()) });
  }
  const error = confirm.error ?? send.error;
  return (
    <Dialog open onClose={onClose} title={t("confirmTitle")} description={t("confirmText", { target: channel.target })}>
      <form onSubmit={submit} className="space-y-3">
        <TextField label={t("code")} inputMode="numeric" autoComplete="one-time-code" pattern="[0-9]{8}" maxLength={8} required value={code} error={error ? text(error) : undefined} onChange={(event) => setCode(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button busy={send.isPending} onClick={() => send.mutate(channel.id)}>
            {t("sendAgain")}
          </Button>
          <Button type="submit" look="primary" busy={confirm.isPending} disabled={code.trim().length !== 8}>
            {t("confirm")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
