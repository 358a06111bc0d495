"use client";
/** Plans kept to begin bots with: one click fills the form, another keeps what is in it. */
import { Bookmark, List } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { usePresets } from "@/api/queries/preferences";
import type { Preset, StrategyName } from "@/api/types";
import type { Values } from "@/forms/config";
import { late } from "@/lib/late";
import { Button } from "@/ui/button";
import { Percent } from "@/ui/figure";

const KeepDialog = late(() => import("@/features/presets/keep-dialog"));
const ListDialog = late(() => import("@/features/presets/list-dialog"));

/** Beyond so many the list is quicker than the buttons. */
const BUTTONS = 6;

type Props = { strategy: StrategyName; config: Values; complete: boolean; onUse: (config: Values) => void };

export function Presets({ strategy, config, complete, onUse }: Props) {
  const t = useTranslations("presets");
  const presets = usePresets();
  const [open, setOpen] = useState<"keep" | "list" | null>(null);
  const mine = presets.data?.items.filter((one) => one.strategy === strategy) ?? [];
  const close = () => setOpen(null);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-1.5">
      {mine.slice(0, BUTTONS).map((preset) => (
        <Use key={preset.id} preset={preset} onUse={onUse} />
      ))}
      {mine.length > 0 ? (
        <Button small look="quiet" onClick={() => setOpen("list")}>
          <List aria-hidden="true" className="size-3.5" /> {t("all")}
        </Button>
      ) : null}
      <Button small look="quiet" disabled={!complete} onClick={() => setOpen("keep")}>
        <Bookmark aria-hidden="true" className="size-3.5" /> {t("keep")}
      </Button>
      {open === "keep" ? <KeepDialog strategy={strategy} config={config} onClose={close} /> : null}
      {open === "list" ? <ListDialog presets={mine} onUse={onUse} onClose={close} /> : null}
    </div>
  );
}

function Use({ preset, onUse }: { preset: Preset; onUse: (config: Values) => void }) {
  const t = useTranslations("presets");
  const roi = preset.backtest?.metrics.roi_pct;
  return (
    <Button small onClick={() => onUse(preset.config)} title={roi ? t("inBacktest") : undefined}>
      <span className="max-w-40 truncate">{preset.name}</span>
      {roi ? <Percent value={roi} /> : null}
    </Button>
  );
}
