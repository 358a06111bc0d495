"use client";
/** A link to a plan as it is now: what it shows is chosen here, and it is shown once. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useCreateShare } from "@/api/queries/sharing";
import { CopyBox } from "@/features/webhooks/copy-box";
import { useErrorText } from "@/lib/errors";
import { wholeOf } from "@/lib/money";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { CheckField, SelectField } from "@/ui/field";

/** Days a link may be open; the last one never ends. */
const SPANS = ["7", "30", "365", ""] as const;

type Of = { bot_id: string } | { preset_id: string };

export default function ShareDialog({ name, of, onClose }: { name: string; of: Of; onClose: () => void }) {
  const t = useTranslations("sharing");
  const text = useErrorText();
  const create = useCreateShare();
  const [amounts, setAmounts] = useState(false);
  const [days, setDays] = useState("30");
  const [performance, setPerformance] = useState(true);
  return (
    <Dialog open onClose={onClose} title={t("share", { name })} description={t("shareText")}>
      {create.data ? (
        <div className="space-y-2">
          <CopyBox label={t("link")} text={create.data.url} />
          <p className="text-xs text-muted">{t("once")}</p>
        </div>
      ) : (
        <div className="space-y-3">
          <CheckField label={t("amounts")} help={t("amountsHelp")} checked={amounts} onChange={(event) => setAmounts(event.target.checked)} />
          <CheckField label={t("performance")} help={t("performanceHelp")} checked={performance} onChange={(event) => setPerformance(event.target.checked)} />
          <SelectField label={t("validFor")} value={days} onChange={(event) => setDays(event.target.value)}>
            {SPANS.map((one) => (
              <option key={one} value={one}>
                {one === "" ? t("forever") : t("days", { count: wholeOf(one) })}
              </option>
            ))}
          </SelectField>
          {create.error ? (
            <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
              {text(create.error)}
            </p>
          ) : null}
          <div className="flex justify-end">
            <Button look="primary" busy={create.isPending} onClick={() => create.mutate({ ...of, with_amounts: amounts, with_performance: performance, expires_in_days: days === "" ? null : wholeOf(days) })}>
              {t("make")}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
