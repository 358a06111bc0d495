"use client";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { downloadLedger } from "@/api/download";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { toast } from "@/ui/toast";

export function ExportButton({ kind, botId }: { kind: "fills" | "events"; botId?: string }) {
  const t = useTranslations("exports");
  const text = useErrorText();
  const [busy, setBusy] = useState(false);
  async function save(): Promise<void> {
    setBusy(true);
    try {
      await downloadLedger(kind, "csv", botId);
    } catch (error) {
      toast.error(text(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <Button small busy={busy} onClick={() => void save()}>
      <Download aria-hidden="true" className="size-3.5" /> {t(`${kind}Csv`)}
    </Button>
  );
}
