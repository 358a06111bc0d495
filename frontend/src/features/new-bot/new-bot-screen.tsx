"use client";
/** Chart, form and what would happen, on one page; nothing is sent before start. */
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useAccounts } from "@/api/queries/accounts";
import { useMarkets, useStrategies } from "@/api/queries/market";
import { useBacktestBot } from "@/api/queries/backtests";
import { useOptimisationBot } from "@/api/queries/optimisations";
import { useShared } from "@/api/queries/sharing";
import type { Account, BotFrom, Market, Strategy, StrategyName } from "@/api/types";
import { ModeBadge } from "@/features/shell/mode-badge";
import { fieldsOf, type Json } from "@/forms/spec";
import { useNav } from "@/lib/nav";
import { cx } from "@/lib/cx";
import { wholeOf } from "@/lib/money";
import { ButtonLink } from "@/ui/button";
import { SelectField } from "@/ui/field";
import { PageHead, Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { Builder } from "./builder";

export function NewBotScreen() {
  const t = useTranslations("newBot");
  const accounts = useAccounts();
  const strategies = useStrategies();
  const nav = useNav();
  const [backtest, search] = [nav.param("backtest"), nav.param("optimisation")];
  const run = wholeOf(nav.param("run") ?? "0");
  const tested = useBacktestBot(backtest, run);
  const found = useOptimisationBot(search, run);
  const shared = useShared(nav.param("shared"));
  const from = nav.param("shared") ? shared : search ? found : tested;
  const ready = (backtest === null && search === null && !nav.param("shared")) || !from.isPending;
  return (
    <>
      <PageHead title={t("title")} hint={t("hint")} />
      {accounts.isPending || strategies.isPending || !ready ? <Loading rows={8} /> : null}
      {accounts.isError && !accounts.data ? <Failed error={accounts.error} retry={() => void accounts.refetch()} /> : null}
      {strategies.isError && !strategies.data ? <Failed error={strategies.error} retry={() => void strategies.refetch()} /> : null}
      {from.isError ? <Failed error={from.error} retry={() => void from.refetch()} /> : null}
      {accounts.data && strategies.data && ready ? <Choices accounts={accounts.data.items} strategies={strategies.data.items} from={from.data ? { strategy: from.data.strategy, symbol: from.data.symbol ?? nav.param("symbol") ?? "", config: from.data.config } : null} /> : null}
    </>
  );
}

function Choices({ accounts, strategies, from }: { accounts: Account[]; strategies: Strategy[]; from: BotFrom | null }) {
  const t = useTranslations("newBot");
  const account = useTranslations("accounts");
  const nav = useNav();
  const [strategyName, setStrategy] = useState(nav.param("strategy") ?? strategies[0]?.name ?? "GRID");
  const [accountId, setAccount] = useState(nav.param("account") ?? accounts[0]?.id ?? "");
  const [symbol, setSymbol] = useState(nav.param("symbol") ?? "");
  const markets = useMarkets(accountId || null);
  const strategy = strategies.find((one) => one.name === strategyName) ?? strategies[0];
  const chosen = accounts.find((one) => one.id === accountId) ?? accounts[0];
  const fitting = useMemo(() => (markets.data?.items ?? []).filter((one) => one.future === Boolean(strategy?.futures)), [markets.data, strategy]);
  const market = fitting.find((one) => one.symbol === symbol) ?? fitting[0];
  const fields = useMemo(() => (strategy ? fieldsOf(strategy.json_schema as Json) : []), [strategy]);

  if (!chosen) {
    return (
      <Panel>
        <Empty title={t("noAccounts")}>
          <ButtonLink href="/accounts/" look="primary" small>
            {account("add")}
          </ButtonLink>
        </Empty>
      </Panel>
    );
  }
  return (
    <div className="space-y-3">
      <StrategyPicker strategies={strategies} value={strategy?.name ?? ""} onChange={setStrategy} />
      <Panel>
        <div className="grid items-end gap-3 sm:grid-cols-2 lg:grid-cols-[minmax(0,260px)_minmax(0,260px)_1fr]">
          <SelectField label={t("account")} value={chosen.id} onChange={(event) => setAccount(event.target.value)}>
            {accounts.map((one) => (
              <option key={one.id} value={one.id}>
                {one.label}
              </option>
            ))}
          </SelectField>
          <MarketSelect markets={fitting} value={market?.symbol ?? ""} onChange={setSymbol} />
          <div className="flex h-9 items-center">
            <ModeBadge exchange={chosen.exchange} market={chosen.market} />
          </div>
        </div>
      </Panel>
      {markets.isPending ? <Loading rows={6} /> : null}
      {markets.isError && !markets.data ? <Failed error={markets.error} retry={() => void markets.refetch()} /> : null}
      {strategy && market ? (
        <Builder key={`${strategy.name}|${chosen.id}|${market.symbol}`} strategy={strategy.name as StrategyName} fields={fields} account={chosen} market={market} given={from?.strategy === strategy.name && (from.symbol === market.symbol || from.symbol === "") ? from.config : undefined} />
      ) : null}
    </div>
  );
}

function MarketSelect({ markets, value, onChange }: { markets: Market[]; value: string; onChange: (symbol: string) => void }) {
  const t = useTranslations("newBot");
  return (
    <SelectField label={t("symbol")} value={value} onChange={(event) => onChange(event.target.value)}>
      {markets.map((one) => (
        <option key={one.symbol} value={one.symbol}>
          {one.symbol}
        </option>
      ))}
    </SelectField>
  );
}

function StrategyPicker({ strategies, value, onChange }: { strategies: Strategy[]; value: string; onChange: (name: string) => void }) {
  const t = useTranslations("newBot");
  const title = useTranslations("strategy");
  const hint = useTranslations("strategyHint");
  return (
    <fieldset>
      <legend className="sr-only">{t("strategy")}</legend>
      <div className="grid grid-cols-2 gap-2 md:grid-cols-3 2xl:grid-cols-6">
        {strategies.map(({ name }) => (
          <label
            key={name}
            className={cx(
              "flex cursor-pointer flex-col rounded-lg border p-2.5 has-focus-visible:outline-2 has-focus-visible:outline-accent",
              value === name ? "border-accent bg-accent-soft" : "border-line bg-panel hover:bg-hover",
            )}
          >
            <input type="radio" name="strategy" className="sr-only" checked={value === name} onChange={() => onChange(name)} />
            <span className="text-[13px] font-semibold">{title.has(name as never) ? title(name as never) : name}</span>
            <span className="mt-0.5 hidden text-[11px] leading-snug text-muted sm:block">{hint.has(name as never) ? hint(name as never) : ""}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
