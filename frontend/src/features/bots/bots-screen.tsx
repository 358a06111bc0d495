"use client";
import { FileUp, Plus, Search } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useBots } from "@/api/queries/bots";
import type { Bot } from "@/api/types";
import { late } from "@/lib/late";
import { Button, ButtonLink } from "@/ui/button";
import { PageHead, Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { BotTable } from "./lazy-table";
import { TRADING } from "./words";

const ImportDialog = late(() => import("@/features/sharing/import-dialog"));
const BulkBar = late(() => import("./bulk-bar"));

type Filters = { text: string; status: string; strategy: string };
const ALL: Filters = { text: "", status: "", strategy: "" };

export function BotsScreen() {
  const t = useTranslations("bots");
  const bots = useBots();
  const [filters, setFilters] = useState<Filters>(ALL);
  const items = useMemo(() => bots.data?.items ?? [], [bots.data]);
  const shown = useMemo(() => items.filter((bot) => matches(bot, filters)), [items, filters]);
  // The table follows the feed between two frames, not in the way of one.
  const drawn = useDeferredValue(shown);
  const [importing, setImporting] = useState(false);
  const [marks, setMarks] = useState<Record<string, boolean>>({});
  const selection = useMemo(() => ({ chosen: marks, onChange: setMarks }), [marks]);
  const chosen = useMemo(() => shown.filter((bot) => marks[bot.id]), [shown, marks]);
  const clear = () => setMarks({});
  const running = items.filter((bot) => TRADING.has(bot.status)).length;
  const paused = items.filter((bot) => bot.status === "paused").length;

  return (
    <>
      <PageHead title={t("title")} hint={t("hint", { count: items.length, running, paused })}>
        <Button onClick={() => setImporting(true)}>
          <FileUp aria-hidden="true" className="size-4" /> {t("import")}
        </Button>
        <ButtonLink href="/bots/new/" look="primary">
          <Plus aria-hidden="true" className="size-4" /> {t("new")}
        </ButtonLink>
      </PageHead>
      {importing ? <ImportDialog onClose={() => setImporting(false)} /> : null}
      <Panel flush>
        {items.length > 0 ? <FilterBar filters={filters} onChange={setFilters} items={items} /> : null}
        {bots.isPending ? <Loading rows={6} /> : null}
        {bots.isError && !bots.data ? <Failed error={bots.error} retry={() => void bots.refetch()} /> : null}
        {bots.data && items.length === 0 ? (
          <Empty title={t("emptyTitle")}>
            <p className="mb-3">{t("emptyText")}</p>
            <ButtonLink href="/bots/new/" look="primary" small>
              {t("new")}
            </ButtonLink>
          </Empty>
        ) : null}
        {items.length > 0 && shown.length === 0 ? (
          <Empty title={t("noMatch")}>
            <Button small onClick={() => setFilters(ALL)}>
              {t("clear")}
            </Button>
          </Empty>
        ) : null}
        {chosen.length > 0 ? <BulkBar bots={chosen} onClear={clear} /> : null}
        {shown.length > 0 ? <BotTable bots={drawn} label={t("tableLabel")} selection={selection} /> : null}
      </Panel>
    </>
  );
}

function matches(bot: Bot, { text, status, strategy }: Filters): boolean {
  const words = text.trim().toLowerCase();
  return (
    (!words || bot.name.toLowerCase().includes(words) || bot.symbol.toLowerCase().includes(words)) &&
    (!status || bot.status === status) &&
    (!strategy || bot.strategy === strategy)
  );
}

const BOX = "h-8 rounded-md border border-line-strong bg-bg px-2 text-xs";

function FilterBar({ filters, onChange, items }: { filters: Filters; onChange: (next: Filters) => void; items: Bot[] }) {
  const t = useTranslations("bots");
  const status = useTranslations("status");
  const strategy = useTranslations("strategy");
  const statuses = [...new Set(items.map((bot) => bot.status))];
  const strategies = [...new Set(items.map((bot) => bot.strategy))];
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2">
      <label className="relative min-w-40 flex-1 sm:max-w-64">
        <span className="sr-only">{t("search")}</span>
        <Search aria-hidden="true" className="pointer-events-none absolute top-2 left-2 size-4 text-muted" />
        <input
          type="search"
          className={`${BOX} w-full pl-8`}
          placeholder={t("search")}
          value={filters.text}
          onChange={(event) => onChange({ ...filters, text: event.target.value })}
        />
      </label>
      <select aria-label={t("filterStatus")} className={BOX} value={filters.status} onChange={(event) => onChange({ ...filters, status: event.target.value })}>
        <option value="">{t("allStatuses")}</option>
        {statuses.map((name) => (
          <option key={name} value={name}>
            {status(name)}
          </option>
        ))}
      </select>
      <select aria-label={t("filterStrategy")} className={BOX} value={filters.strategy} onChange={(event) => onChange({ ...filters, strategy: event.target.value })}>
        <option value="">{t("allStrategies")}</option>
        {strategies.map((name) => (
          <option key={name} value={name}>
            {strategy(name)}
          </option>
        ))}
      </select>
    </div>
  );
}
