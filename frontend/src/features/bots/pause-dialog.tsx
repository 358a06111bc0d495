"use client";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { Button } from "@/ui/button";
import { ChoiceList } from "@/ui/choice-list";
import { Dialog } from "@/ui/dialog";

type Props = { bot: Bot; open: boolean; busy: boolean; onClose: () => void; onConfirm: (keepOrders: boolean) => void };

export function PauseDialog({ bot, open, busy, onClose, onConfirm }: Props) {
  const t = useTranslations("pause");
  const action = useTranslations("action");
  const [what, setWhat] = useState<"keep" | "cancel">("keep");
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("title", { name: bot.name })}
      description={t("description")}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look="primary" busy={busy} onClick={() => onConfirm(what === "keep")}>
            {t("confirm")}
          </Button>
        </>
      }
    >
      <ChoiceList
        label={t("description")}
        value={what}
        onChange={setWhat}
        choices={[
          { value: "keep", title: t("keep"), text: t("keepText") },
          { value: "cancel", title: t("cancel"), text: t("cancelText") },
        ]}
      />
    </Dialog>
  );
}
