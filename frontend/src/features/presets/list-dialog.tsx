"use client";
/** All presets of a strategy, each with the run that speaks for it: used, shared or forgotten here. */
import { Share2, X } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useDeletePreset } from "@/api/queries/preferences";
import type { Preset } from "@/api/types";
import { useSourceText } from "@/features/backtests/source-text";
import ShareDialog from "@/features/sharing/share-dialog";
import type { Values } from "@/forms/config";
import { useErrorText } from "@/lib/errors";
import { formatDecimal } from "@/lib/money";
import { Link } from "@/lib/nav";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Percent } from "@/ui/figure";
import { toast } from "@/ui/toast";

export default function ListDialog({ presets, onUse, onClose }: { presets: Preset[]; onUse: (config: Values) => void; onClose: () => void }) {
  const t = useTranslations("presets");
  const text = useErrorText();
  const remove = useDeletePreset();
  const [shared, setShared] = useState<Preset | null>(null);
  if (shared) return <ShareDialog name={shared.name} of={{ preset_id: shared.id }} onClose={() => setShared(null)} />;
  return (
    <Dialog open onClose={onClose} title={t("all")} description={t("allText")}>
      {presets.length === 0 ? <p className="text-sm text-muted">{t("none")}</p> : null}
      <ul className="divide-y divide-line">
        {presets.map((preset) => (
          <li key={preset.id} className="flex flex-wrap items-center gap-2 py-2">
            <div className="min-w-0 flex-1 basis-56">
              <p className="truncate text-sm font-medium">{preset.name}</p>
              <Proof preset={preset} />
            </div>
            <Button
              small
              aria-label={t("useOf", { name: preset.name })}
              onClick={() => {
                onUse(preset.config);
                onClose();
              }}
            >
              {t("use")}
            </Button>
            <IconButton label={t("share", { name: preset.name })} onClick={() => setShared(preset)}>
              <Share2 aria-hidden="true" className="size-4" />
            </IconButton>
            <IconButton label={t("forget", { name: preset.name })} onClick={() => remove.mutate(preset.id, { onError: (error) => toast.error(text(error)) })}>
              <X aria-hidden="true" className="size-4" />
            </IconButton>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** How it did in its backtest, on which market and whose prices, and the way to that run. */
function Proof({ preset }: { preset: Preset }) {
  const t = useTranslations("presets");
  const source = useSourceText();
  const proof = preset.backtest;
  if (!proof) return <p className="text-xs text-muted">{t("unproven")}</p>;
  const { metrics } = proof;
  return (
    <p className="num text-xs whitespace-normal text-muted">
      <Percent value={metrics.roi_pct} className="font-semibold" /> {t("proof", { symbol: proof.symbol, days: formatDecimal(metrics.days, { max: 1 }), drawdown: formatDecimal(metrics.max_drawdown_pct ?? "0", { decimals: 2 }) })} · {source(proof.source)} ·{" "}
      <Link href={`/backtests/?id=${proof.backtest_id}`} className="text-accent underline">
        {t("run")}
      </Link>
    </p>
  );
}
