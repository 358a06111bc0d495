"use client";
import { useCallback, useMemo, useState } from "react";
import { FormProvider, useForm, useWatch } from "react-hook-form";
import { toast } from "@/ui/toast";
import { useTranslations } from "use-intl";
import { ApiError, type Finding } from "@/api/client";
import { useCreateBot, useStartBot } from "@/api/queries/bot-commands";
import { usePreview } from "@/api/queries/bots";
import type { Account, BotPlan, Market, StrategyName } from "@/api/types";
import { onTick } from "@/charts/tick";
import { configOf, defaultsOf, valuesOf, type Values } from "@/forms/config";
import { FormSurroundingsContext, type FormSurroundings } from "@/forms/schema-fields";
import type { FieldSpec } from "@/forms/spec";
import { useCodeText, useErrorText } from "@/lib/errors";
import { useDebounced } from "@/lib/debounced";
import { useNav } from "@/lib/nav";
import { BacktestDialog } from "./backtest-dialog";
import { ConfigForm } from "./config-form";
import { relevant } from "./layout";
import { PlanChart } from "./plan-chart";
import { Presets } from "./presets";
import { PreviewSheet } from "./preview-sheet";
import { StartDialog } from "./start-dialog";
import { unitText } from "./units";

const TYPING_MS = 350;

type Props = { strategy: StrategyName; fields: FieldSpec[]; account: Account; market: Market; given?: Values };

export function Builder({ strategy, fields, account, market, given }: Props) {
  const form = useForm<Values>({ defaultValues: given ? valuesOf(fields, given) : defaultsOf(fields) });
  const values = useWatch({ control: form.control }) as Values;
  const shown = useMemo(() => relevant(fields, values), [fields, values]);
  const { config, issues } = useMemo(() => configOf(shown, values), [shown, values]);
  const complete = issues.length === 0;
  const current = useMemo(() => (complete ? JSON.stringify(config) : null), [complete, config]);
  const settled = useDebounced(current, TYPING_MS);
  const plan = useMemo<BotPlan | null>(
    () => (settled !== null ? { account_id: account.id, symbol: market.symbol, strategy, config: JSON.parse(settled) as Values } : null),
    [settled, account.id, market.symbol, strategy],
  );
  const preview = usePreview(plan);
  const refused = preview.error instanceof ApiError ? preview.error : null;
  const findings = useMemo(() => (complete && refused ? findingsOf(refused) : []), [complete, refused]);
  const { surroundings, onPick, onDrag } = useSurroundings(form, fields, issues, findings, market);
  const [dialog, setDialog] = useState<"start" | "backtest" | null>(null);
  const fresh = complete && !preview.isError && preview.data !== undefined && !preview.isPlaceholderData && settled === current;
  const submit = useSubmit({ account, market, strategy, config });

  return (
    <FormSurroundingsContext value={surroundings}>
      <FormProvider {...form}>
        <div className="grid gap-3 xl:grid-cols-[minmax(0,1fr)_400px]">
          <div className="min-w-0 space-y-3">
            <PlanChart
              account={account}
              market={market}
              preview={complete && !preview.isError ? (preview.data ?? null) : null}
              config={config}
              picking={surroundings.picking !== null}
              onPick={onPick}
              onDrag={onDrag}
            />
            <PreviewSheet
              answer={complete && !preview.isError ? (preview.data ?? null) : null}
              working={complete && (preview.isFetching || !fresh) && !preview.isError}
              error={complete ? preview.error : null}
              findings={findings}
              symbol={market.symbol}
            />
          </div>
          <ConfigForm strategy={strategy} fields={shown} account={account} market={market} ready={fresh} busy={submit.busy} onStart={() => setDialog("start")} onDraft={() => void submit.draft()} onBacktest={() => setDialog("backtest")} name={submit.name} onName={submit.setName}>
            <Presets strategy={strategy} config={config} complete={complete} onUse={(kept) => form.reset(valuesOf(fields, kept))} />
          </ConfigForm>
        </div>
        <StartDialog
          open={dialog === "start"}
          onClose={() => setDialog(null)}
          name={submit.name}
          account={account}
          symbol={market.symbol}
          answer={preview.data ?? null}
          busy={submit.busy}
          onConfirm={() => void submit.start().then((done) => (done ? undefined : setDialog(null)))}
        />
        {dialog === "backtest" ? <BacktestDialog open onClose={() => setDialog(null)} name={submit.name} account={account} symbol={market.symbol} strategy={strategy} config={config} fields={shown} /> : null}
      </FormProvider>
    </FormSurroundingsContext>
  );
}

function findingsOf(error: ApiError): Finding[] {
  if (error.findings.length > 0) return error.findings;
  return error.field ? [{ field: error.field, code: error.code, params: error.params }] : [];
}

function bare(path: string | null): string {
  return (path ?? "").replace(/^(body\.)?(config\.)?/, "");
}

function useSurroundings(form: ReturnType<typeof useForm<Values>>, fields: FieldSpec[], issues: ReturnType<typeof configOf>["issues"], findings: Finding[], market: Market) {
  const say = useCodeText();
  const [picking, setPicking] = useState<string | null>(null);
  const surroundings = useMemo<FormSurroundings>(
    () => ({
      errorAt: (path) => {
        const own = issues.find((issue) => issue.path === path && issue.code !== "required");
        if (own) return say(own.code, own.params);
        const theirs = findings.find((finding) => bare(finding.field) === path);
        return theirs ? say(theirs.code, theirs.params) : null;
      },
      unit: (unit) => unitText(unit, market.symbol),
      picking,
      pick: setPicking,
    }),
    [issues, findings, picking, say, market.symbol],
  );
  const onPick = useCallback(
    (price: string) => {
      if (!picking) return;
      form.setValue(picking, onTick(price, market.price_tick), { shouldDirty: true });
      setPicking(null);
    },
    [picking, form, market.price_tick],
  );
  const onDrag = useCallback((field: string, price: string) => form.setValue(field, onTick(price, market.price_tick), { shouldDirty: true }), [form, market.price_tick]);
  return { surroundings, onPick, onDrag, fields };
}

function useSubmit({ account, market, strategy, config }: { account: Account; market: Market; strategy: StrategyName; config: Values }) {
  const t = useTranslations("bot");
  const titles = useTranslations("strategy");
  const nav = useNav();
  const create = useCreateBot();
  const start = useStartBot();
  const text = useErrorText();
  const [name, setName] = useState(`${titles(strategy)} ${market.base}`);
  const [draftId, setDraftId] = useState<{ id: string; of: string } | null>(null);
  const body = { name: name.trim() || `${strategy} ${market.symbol}`, account_id: account.id, symbol: market.symbol, strategy, config };

  /** The same form never makes two bots: a start that failed goes on with the draft it made. */
  async function make(): Promise<string> {
    const of = JSON.stringify(body);
    if (draftId?.of === of) return draftId.id;
    const made = await create.mutateAsync(body);
    setDraftId({ id: made.id, of });
    return made.id;
  }

  return {
    name,
    setName,
    busy: create.isPending || start.isPending,
    async draft(): Promise<void> {
      try {
        nav.go(`/bots/?id=${await make()}`);
      } catch (error) {
        toast.error(text(error));
      }
    },
    async start(): Promise<boolean> {
      try {
        const id = await make();
        await start.mutateAsync(id);
        toast.success(t("started_toast"));
        nav.go(`/bots/?id=${id}`);
        return true;
      } catch (error) {
        toast.error(text(error));
        return false;
      }
    },
  };
}
