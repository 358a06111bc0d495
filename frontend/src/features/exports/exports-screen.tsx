"use client";
/** The ledger as files, and the gains of a year. */
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { downloadLedger, downloadTax, type FileFormat, type LedgerKind, type LotMethod } from "@/api/download";
import { useBots } from "@/api/queries/bots";
import { useErrorText } from "@/lib/errors";
import { wholeOf } from "@/lib/money";
import { Button } from "@/ui/button";
import { CheckField, SelectField } from "@/ui/field";
import { PageHead, Panel } from "@/ui/panel";
import { toast } from "@/ui/toast";

const KINDS: readonly LedgerKind[] = ["fills", "orders", "deals", "equity", "events"];
const FORMATS: readonly FileFormat[] = ["csv", "parquet"];
const METHODS: readonly LotMethod[] = ["fifo", "hifo", "average"];
const YEARS_BACK = 6;

export function ExportsScreen() {
  const t = useTranslations("exports");
  return (
    <>
      <PageHead title={t("title")} hint={t("hint")} />
      <div className="grid max-w-4xl items-start gap-3 md:grid-cols-2">
        <LedgerPanel />
        <TaxPanel />
      </div>
    </>
  );
}

/** Runs a download with its button busy, and says what went wrong. */
function useDownload(): { busy: boolean; run: (work: () => Promise<unknown>) => Promise<void> } {
  const text = useErrorText();
  const [busy, setBusy] = useState(false);
  return {
    busy,
    run: async (work) => {
      setBusy(true);
      try {
        await work();
      } catch (error) {
        toast.error(text(error));
      } finally {
        setBusy(false);
      }
    },
  };
}

function FormatField({ value, onChange }: { value: FileFormat; onChange: (format: FileFormat) => void }) {
  const t = useTranslations("exports");
  return (
    <SelectField label={t("format")} value={value} onChange={(event) => onChange(FORMATS.find((one) => one === event.target.value) ?? "csv")}>
      {FORMATS.map((one) => (
        <option key={one} value={one}>
          {t(one)}
        </option>
      ))}
    </SelectField>
  );
}

function LedgerPanel() {
  const t = useTranslations("exports");
  const bots = useBots();
  const { busy, run } = useDownload();
  const [kind, setKind] = useState<LedgerKind>("fills");
  const [bot, setBot] = useState("");
  const [format, setFormat] = useState<FileFormat>("csv");
  return (
    <Panel title={t("ledger")}>
      <div className="space-y-3">
        <p className="text-xs text-muted">{t("ledgerText")}</p>
        <div className="grid grid-cols-2 gap-3">
          <SelectField label={t("what")} value={kind} onChange={(event) => setKind(KINDS.find((one) => one === event.target.value) ?? "fills")}>
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {t(one)}
              </option>
            ))}
          </SelectField>
          <SelectField label={t("bot")} value={bot} onChange={(event) => setBot(event.target.value)}>
            <option value="">{t("allBots")}</option>
            {(bots.data?.items ?? []).map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </SelectField>
          <FormatField value={format} onChange={setFormat} />
        </div>
        <Button look="primary" busy={busy} onClick={() => void run(() => downloadLedger(kind, format, bot || undefined).then(() => toast.success(t("files"))))}>
          <Download aria-hidden="true" className="size-4" /> {t("download")}
        </Button>
      </div>
    </Panel>
  );
}

function TaxPanel() {
  const t = useTranslations("exports");
  const { busy, run } = useDownload();
  const now = new Date().getUTCFullYear();
  const [year, setYear] = useState(now);
  const [method, setMethod] = useState<LotMethod>("fifo");
  const [format, setFormat] = useState<FileFormat>("csv");
  const [paper, setPaper] = useState(false);
  return (
    <Panel title={t("tax")}>
      <div className="space-y-3">
        <p className="text-xs text-muted">{t("taxText")}</p>
        <div className="grid grid-cols-2 gap-3">
          <SelectField label={t("year")} value={String(year)} onChange={(event) => setYear(wholeOf(event.target.value))}>
            {Array.from({ length: YEARS_BACK }, (_, back) => now - back).map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </SelectField>
          <FormatField value={format} onChange={setFormat} />
        </div>
        <SelectField label={t("method")} help={t(`${method}Text`)} value={method} onChange={(event) => setMethod(METHODS.find((one) => one === event.target.value) ?? "fifo")}>
          {METHODS.map((one) => (
            <option key={one} value={one}>
              {t(one)}
            </option>
          ))}
        </SelectField>
        <CheckField label={t("paper")} checked={paper} onChange={(event) => setPaper(event.target.checked)} />
        <p className="rounded-md bg-warn-soft px-3 py-2 text-xs text-warn">{t("advice")}</p>
        <Button look="primary" busy={busy} onClick={() => void run(() => downloadTax(year, method, format, paper))}>
          <Download aria-hidden="true" className="size-4" /> {t("download")}
        </Button>
      </div>
    </Panel>
  );
}
