"use client";
import { ChevronRight, Wand2 } from "lucide-react";
import type { ReactNode } from "react";
import { useFormContext } from "react-hook-form";
import { useTranslations } from "use-intl";
import { useCandles } from "@/api/queries/market";
import type { Account, Market } from "@/api/types";
import type { Values } from "@/forms/config";
import { SchemaFields } from "@/forms/schema-fields";
import type { FieldSpec } from "@/forms/spec";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Panel } from "@/ui/panel";
import { layout } from "./layout";
import { cellsOf, rangeOf } from "./suggest";

type Props = {
  strategy: string;
  fields: FieldSpec[];
  account: Account;
  market: Market;
  ready: boolean;
  busy: boolean;
  name: string;
  onName: (name: string) => void;
  onStart: () => void;
  onDraft: () => void;
  onBacktest: () => void;
  children?: ReactNode;
};

export function ConfigForm({ strategy, fields, account, market, ready, busy, name, onName, onStart, onDraft, onBacktest, children }: Props) {
  const t = useTranslations("newBot");
  const group = useTranslations("group");
  const titles = useTranslations("strategy");
  const { first, groups } = layout(strategy, fields);
  const paper = account.exchange === "paper";
  return (
    <form
      className="min-w-0"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onStart();
      }}
    >
      <Panel title={titles.has(strategy as never) ? titles(strategy as never) : strategy} actions={<Suggest fields={fields} account={account} market={market} />}>
        {children}
        <TextField label={t("name")} value={name} maxLength={80} onChange={(event) => onName(event.target.value)} className="mb-3" />
        <SchemaFields fields={first} />
        <div className="mt-3 divide-y divide-line border-y border-line">
          {groups.map(({ group: title, fields: some }) => (
            <details key={title} className="group">
              <summary className="flex h-10 items-center gap-2 text-[13px] font-medium [&::-webkit-details-marker]:hidden">
                <ChevronRight aria-hidden="true" className="size-4 text-muted transition-transform group-open:rotate-90" />
                {group(title)}
                <span className="ml-auto text-[11px] font-normal text-muted">{t("advancedCount", { count: some.length })}</span>
              </summary>
              <SchemaFields fields={some} className="pb-3" />
            </details>
          ))}
        </div>
        <div className="sticky bottom-14 mt-3 flex gap-2 bg-panel py-2 lg:bottom-0">
          <Button onClick={onDraft} disabled={!ready} busy={busy}>
            {t("draft")}
          </Button>
          <Button onClick={onBacktest} disabled={!ready}>
            {t("backtest")}
          </Button>
          <Button type="submit" look={paper ? "primary" : "danger"} className="flex-1" disabled={!ready} busy={busy}>
            {t(paper ? "start" : "startLive")}
          </Button>
        </div>
      </Panel>
    </form>
  );
}

/** Low and high around the price, as wide as the market has lately moved. */
function Suggest({ fields, account, market }: { fields: FieldSpec[]; account: Account; market: Market }) {
  const t = useTranslations("newBot");
  const { getValues, setValue } = useFormContext<Values>();
  const candles = useCandles(account.id, market.symbol, "1h");
  const range = rangeOf(candles.data?.items ?? [], market.last, market.price_tick);
  const wanted = fields.some(({ name, required }) => name === "low" && required);
  if (!wanted) return null;
  return (
    <Button
      small
      look="quiet"
      disabled={!range}
      onClick={() => {
        if (!range) return;
        setValue("low", range.low, { shouldDirty: true });
        setValue("high", range.high, { shouldDirty: true });
        if (!getValues("cells")) setValue("cells", cellsOf(range), { shouldDirty: true });
      }}
    >
      <Wand2 aria-hidden="true" className="size-3.5" /> {t("suggest")}
    </Button>
  );
}
