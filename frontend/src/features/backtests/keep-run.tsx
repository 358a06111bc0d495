"use client";
/** The settings of a run become a preset, and the run its proof. */
import { Bookmark } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useBacktestBot } from "@/api/queries/backtests";
import { late } from "@/lib/late";
import { Button } from "@/ui/button";

const KeepDialog = late(() => import("@/features/presets/keep-dialog"));

export function KeepRun({ id, run }: { id: string; run: number }) {
  const t = useTranslations("presets");
  const [open, setOpen] = useState(false);
  const plan = useBacktestBot(open ? id : null, run);
  return (
    <>
      <Button busy={open && plan.isPending} onClick={() => setOpen(true)}>
        <Bookmark aria-hidden="true" className="size-4" /> {t("keep")}
      </Button>
      {open && plan.data ? <KeepDialog strategy={plan.data.strategy} config={plan.data.config} proof={{ backtest_id: id, run }} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
