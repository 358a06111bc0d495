"use client";
/** One button for all bots, three ways to stop, each with its consequence; closing at market asks for a word. */
import { OctagonX } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { usePanic } from "@/api/queries/safety";
import type { PanicMode } from "@/api/types";
import { FormWords } from "@/i18n/form-words";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { ChoiceList } from "@/ui/choice-list";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { toast } from "@/ui/toast";

export default function PanicButton() {
  return (
    <FormWords>
      <Panic />
    </FormWords>
  );
}

function Panic() {
  const t = useTranslations("panic");
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <OctagonX aria-hidden="true" className="size-4 text-negative" /> {t("button")}
      </Button>
      {open ? <PanicDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function PanicDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations("panic");
  const action = useTranslations("action");
  const text = useErrorText();
  const panic = usePanic();
  const [mode, setMode] = useState<PanicMode>("freeze");
  const [typed, setTyped] = useState("");
  const word = t("word");
  const allowed = mode !== "flatten" || typed.trim().toUpperCase() === word;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("title")}
      description={t("description")}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button
            look="danger"
            disabled={!allowed}
            busy={panic.isPending}
            onClick={() =>
              panic.mutate(mode, {
                onSuccess: (answer) => {
                  toast.success(t("sent", { count: answer.items.length }));
                  onClose();
                },
              })
            }
          >
            {t("confirm")}
          </Button>
        </>
      }
    >
      <ChoiceList
        label={t("description")}
        value={mode}
        onChange={setMode}
        choices={(["freeze", "cancel_all", "flatten"] as const).map((value) => ({ value, title: t(value), text: t(`${value}_text`) }))}
      />
      {mode === "flatten" ? <TextField className="mt-3" label={t("type", { word })} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} /> : null}
      {panic.error ? (
        <p role="alert" className="mt-3 rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {text(panic.error)}
        </p>
      ) : null}
    </Dialog>
  );
}
