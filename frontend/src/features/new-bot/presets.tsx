"use client";
/** Plans kept to begin bots with: one click fills the form, another keeps what is in it. */
import { Bookmark, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useDeletePreset, usePresets, useSavePreset } from "@/api/queries/preferences";
import type { Preset, StrategyName } from "@/api/types";
import type { Values } from "@/forms/config";
import { useErrorText } from "@/lib/errors";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { toast } from "@/ui/toast";

type Props = { strategy: StrategyName; config: Values; complete: boolean; onUse: (config: Values) => void };

export function Presets({ strategy, config, complete, onUse }: Props) {
  const t = useTranslations("presets");
  const presets = usePresets();
  const [saving, setSaving] = useState(false);
  const mine = presets.data?.items.filter((one) => one.strategy === strategy) ?? [];
  return (
    <div className="mb-3 flex flex-wrap items-center gap-1.5">
      {mine.map((preset) => (
        <Chip key={preset.id} preset={preset} onUse={onUse} />
      ))}
      <Button small look="quiet" disabled={!complete} onClick={() => setSaving(true)}>
        <Bookmark aria-hidden="true" className="size-3.5" /> {t("keep")}
      </Button>
      {saving ? <SaveDialog strategy={strategy} config={config} onClose={() => setSaving(false)} /> : null}
    </div>
  );
}

function Chip({ preset, onUse }: { preset: Preset; onUse: (config: Values) => void }) {
  const t = useTranslations("presets");
  const text = useErrorText();
  const remove = useDeletePreset();
  return (
    <span className="inline-flex items-center rounded-md border border-line-strong">
      <button type="button" className="h-7 rounded-l-md px-2.5 text-xs hover:bg-hover" onClick={() => onUse(preset.config)}>
        {preset.name}
      </button>
      <IconButton label={t("forget", { name: preset.name })} className="size-7" onClick={() => remove.mutate(preset.id, { onError: (error) => toast.error(text(error)) })}>
        <X aria-hidden="true" className="size-3.5" />
      </IconButton>
    </span>
  );
}

function SaveDialog({ strategy, config, onClose }: { strategy: StrategyName; config: Values; onClose: () => void }) {
  const t = useTranslations("presets");
  const text = useErrorText();
  const save = useSavePreset();
  const [name, setName] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    save.mutate({ name: name.trim(), strategy, config }, { onSuccess: () => (toast.success(t("kept")), onClose()) });
  }
  return (
    <Dialog open onClose={onClose} title={t("keep")} description={t("text")}>
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
