"use client";
/** A bot from a file: our own format, or a 3Commas DCA bot, of which every setting is accounted for before a draft is made. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useAccounts } from "@/api/queries/accounts";
import { useImportBot, useImportThreeCommas, type ThreeCommasAnswer } from "@/api/queries/sharing";
import { useFieldName } from "@/features/backtests/field-name";
import { FormWords } from "@/i18n/form-words";
import { useErrorText } from "@/lib/errors";
import { useNav } from "@/lib/nav";
import { useWord } from "@/lib/word";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { CheckField, SelectField } from "@/ui/field";
import { toast } from "@/ui/toast";
import { readPlan, type Plan } from "./plan-file";

export default function ImportDialog({ onClose }: { onClose: () => void }) {
  return (
    <FormWords>
      <Import onClose={onClose} />
    </FormWords>
  );
}

function Import({ onClose }: { onClose: () => void }) {
  const t = useTranslations("sharing");
  const text = useErrorText();
  const nav = useNav();
  const accounts = useAccounts();
  const own = useImportBot();
  const theirs = useImportThreeCommas();
  const [plan, setPlan] = useState<Plan | "unreadable" | null>(null);
  const [accountId, setAccount] = useState("");
  const [accepted, setAccepted] = useState(false);
  const account = accountId || (accounts.data?.items[0]?.id ?? "");
  const answer = theirs.data ?? null;
  const blocking = (answer?.rows ?? []).filter((row) => row.is_blocking).map((row) => row.field);
  const ready = plan !== null && plan !== "unreadable" && account !== "" && (plan.kind === "own" || (answer !== null && (blocking.length === 0 || accepted)));
  const error = own.error ?? theirs.error;

  async function choose(file: File | undefined): Promise<void> {
    if (!file) return;
    const read = readPlan(await file.text());
    setPlan(read ?? "unreadable");
    setAccepted(false);
    if (read?.kind === "3commas") theirs.mutate({ bot: read.bot, check_only: true, without: [] });
  }
  const done = (id: string | undefined) => {
    toast.success(t("imported"));
    onClose();
    if (id) nav.go(`/bots/?id=${id}`);
  };
  const make = () => {
    if (plan === null || plan === "unreadable") return;
    if (plan.kind === "own") own.mutate({ account_id: account, file: plan.file }, { onSuccess: (bot) => done(bot.id) });
    else theirs.mutate({ account_id: account, bot: plan.bot, check_only: false, without: blocking }, { onSuccess: ({ bots }) => done(bots[0]?.id) });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("import")}
      description={t("importText")}
      footer={
        <Button look="primary" disabled={!ready} busy={own.isPending || theirs.isPending} onClick={make}>
          {t("makeDraft")}
        </Button>
      }
    >
      <div className="space-y-3">
        <label className="block text-xs font-medium text-muted">
          {t("file")}
          <input type="file" accept="application/json,.json" className="mt-1 block w-full text-sm text-text file:mr-3 file:h-8 file:rounded-md file:border file:border-line-strong file:bg-panel file:px-3 file:text-text" onChange={(event) => void choose(event.target.files?.[0])} />
        </label>
        <SelectField label={t("account")} value={account} onChange={(event) => setAccount(event.target.value)}>
          {(accounts.data?.items ?? []).map((one) => (
            <option key={one.id} value={one.id}>
              {one.label}
            </option>
          ))}
        </SelectField>
        {plan === "unreadable" ? (
          <p role="alert" className="text-xs text-negative">
            {t("unreadable")}
          </p>
        ) : null}
        {plan !== null && plan !== "unreadable" && plan.kind === "own" ? (
          <p className="text-sm">
            {plan.file.name} · {plan.file.symbol}
          </p>
        ) : null}
        {answer ? <Mapping rows={answer.rows} /> : null}
        {blocking.length > 0 ? <CheckField label={t("without", { count: blocking.length })} checked={accepted} onChange={(event) => setAccepted(event.target.checked)} /> : null}
        {error ? (
          <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
            {text(error)}
          </p>
        ) : null}
      </div>
    </Dialog>
  );
}

/** Their settings one by one, what is in the way first: where each went, or why it has no place here. */
function Mapping({ rows }: { rows: ThreeCommasAnswer["rows"] }) {
  const t = useTranslations("sharing");
  const mapping = useWord("mapping");
  const name = useFieldName();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className="max-h-56 overflow-auto rounded-md border border-line" role="region" aria-label={t("mapping")} tabIndex={0}>
      <table className="w-full text-xs">
        <tbody>
          {[...rows].sort((a, b) => (a.is_blocking ? 0 : 1) - (b.is_blocking ? 0 : 1)).map((row) => (
            <tr key={row.field} className="border-b border-line last:border-0">
              <th scope="row" className="w-1/2 px-2 py-1 text-left font-medium wrap-anywhere">
                {row.field}
              </th>
              <td className="px-2 py-1 text-muted">{row.to === null ? "–" : name(row.to.replace(/^config\./, ""))}</td>
              <td className="px-2 py-1 text-right">
                <Badge tone={row.is_blocking ? "negative" : row.code === "mapped" ? "positive" : "plain"}>{mapping(row.code)}</Badge>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
