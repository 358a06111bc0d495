"use client";
/** One click before the start: the same settings over past candles. */
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useCreateBacktest } from "@/api/queries/backtests";
import type { Account, BacktestCreate, StrategyName } from "@/api/types";
import type { Values } from "@/forms/config";
import { useErrorText } from "@/lib/errors";
import { useNav } from "@/lib/nav";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField } from "@/ui/field";

const DAYS = [1, 7, 30, 90] as const;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

type Props = { open: boolean; onClose: () => void; name: string; account: Account; symbol: string; strategy: StrategyName; config: Values };

export function BacktestDialog({ open, onClose, name, account, symbol, strategy, config }: Props) {
  const t = useTranslations("newBot");
  const action = useTranslations("action");
  const text = useErrorText();
  const nav = useNav();
  const create = useCreateBacktest();
  const [days, setDays] = useState<number>(7);
  const replay = account.market === "replay";

  const run = () =>
    create.mutate(
      { name, strategy, symbol, config, timeframe: "1m", variants: [], source: sourceOf(account), ranges: replay ? [] : [lastDays(days)] },
      { onSuccess: (job) => nav.go(`/backtests/?id=${job.id}`) },
    );

  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("backtestTitle")}
      description={t("backtestText")}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look="primary" busy={create.isPending} onClick={run}>
            {t("backtestRun")}
          </Button>
        </>
      }
    >
      <SelectField label={t("backtestRange")} value={replay ? "" : String(days)} disabled={replay} onChange={(event) => setDays(DAYS.find((one) => String(one) === event.target.value) ?? 7)}>
        {replay ? <option value="">{t("backtestAll")}</option> : null}
        {DAYS.map((count) => (
          <option key={count} value={count}>
            {t("backtestDays", { count })}
          </option>
        ))}
      </SelectField>
      {create.error ? (
        <p role="alert" className="mt-3 rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {text(create.error)}
        </p>
      ) : null}
    </Dialog>
  );
}

function sourceOf(account: Account): BacktestCreate["source"] {
  if (account.market === "simulated") return { kind: "simulated" };
  return account.market === "replay" ? { kind: "replay", account_id: account.id } : { kind: "exchange", exchange: account.market };
}

/** Whole minutes, ending with the last closed candle. */
function lastDays(days: number): { first: string; last: string } {
  const last = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  return { first: new Date(last - days * DAY_MS).toISOString(), last: new Date(last).toISOString() };
}
