"use client";
/** A plan is kept under a name; with the run of a backtest that used it, that run speaks for it from then on. */
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useSavePreset } from "@/api/queries/preferences";
import type { StrategyName } from "@/api/types";
import type { Values } from "@/forms/config";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { toast } from "@/ui/toast";

type Props = { strategy: StrategyName; config: Values; proof?: { backtest_id: string; run: number }; onClose: () => void };

export default function KeepDialog({ strategy, config, proof, onClose }: Props) {
  const t = useTranslations("presets");
  const text = useErrorText();
  const save = useSavePreset();
  const [name, setName] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    save.mutate({ name: name.trim(), strategy, config, ...(proof ? { backtest: proof } : {}) }, { onSuccess: () => (toast.success(t("kept")), onClose()) });
  }
  return (
    <Dialog open onClose={onClose} title={t("keep")} description={t(proof ? "textProven" : "text")}>
      <form onSubmit={submit} className="space-y-3">
        <TextField label={t("name")} required maxLength={80} value={name} error={save.error ? text(save.error) : undefined} onChange={(event) => setName(event.target.value)} />
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={save.isPending} disabled={!name.trim()}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
