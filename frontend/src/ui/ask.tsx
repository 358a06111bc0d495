"use client";
/** A question before something that is not undone by itself: what it does, and the way out. */
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "./button";
import { Dialog } from "./dialog";

type Props = { title: string; text: string; confirm: string; busy: boolean; danger?: boolean; disabled?: boolean; onClose: () => void; onConfirm: () => void; children?: ReactNode };

export function Ask({ title, text, confirm, busy, danger, disabled, onClose, onConfirm, children }: Props) {
  const t = useTranslations("action");
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button look={danger ? "danger" : "primary"} busy={busy} disabled={disabled} onClick={onConfirm}>
            {confirm}
          </Button>
        </>
      }
    >
      <p className="text-sm">{text}</p>
      {children}
    </Dialog>
  );
}
