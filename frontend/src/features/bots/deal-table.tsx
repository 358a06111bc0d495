"use client";
/** Rounds of a DCA bot or completed cells of a ladder, newest first, and what the owner may do with an open round. */
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useDealCommand, useDeals, type DealCommand } from "@/api/queries/bot-edits";
import type { Bot, Deal } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { compare, formatAmount, formatPrice } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { DataTable } from "@/ui/data-table";
import { Dialog } from "@/ui/dialog";
import { Money } from "@/ui/figure";
import { Empty, Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { useRules } from "@/features/market/use-market";
import { After } from "./after";
import { baseOf, DEALERS, quoteOf } from "./words";

const column = createColumnHelper<Deal>();
const TONES: Record<Deal["status"], Tone> = { open: "accent", closed: "positive", cancelled: "warn" };

export function DealTable({ bot }: { bot: Bot }) {
  const t = useTranslations("deals");
  const reason = useTranslations("reason");
  const deals = useDeals(bot.id);
  const { tick } = useRules(bot);
  const columns = useMemo(
    () => [
      column.accessor("opened_at", { header: t("opened"), cell: ({ getValue }) => <span className="num text-muted">{formatDateTime(getValue())}</span> }),
      column.accessor("status", { header: t("status"), cell: ({ getValue }) => <Badge tone={TONES[getValue()]}>{t(getValue())}</Badge> }),
      column.accessor("open_price", {
        header: `${t("openPrice")} (${quoteOf(bot.symbol)})`,
        meta: { right: true, from: "sm" },
        enableSorting: false,
        cell: ({ getValue }) => show(getValue(), (value) => formatPrice(value, tick)),
      }),
      column.accessor("close_price", {
        header: `${t("closePrice")} (${quoteOf(bot.symbol)})`,
        meta: { right: true, from: "sm" },
        enableSorting: false,
        cell: ({ getValue }) => show(getValue(), (value) => formatPrice(value, tick)),
      }),
      column.accessor("amount", {
        header: `${t("amount")} (${baseOf(bot.symbol)})`,
        meta: { right: true, from: "md" },
        enableSorting: false,
        cell: ({ getValue }) => show(getValue(), formatAmount),
      }),
      column.accessor("gross", {
        header: t("gross"),
        meta: { right: true },
        sortingFn: (a, b) => compare(a.original.gross ?? "0", b.original.gross ?? "0"),
        cell: ({ getValue }) => <Money value={getValue()} unit={bot.pnl?.currency} sign />,
      }),
      column.accessor("reason", {
        header: t("reason"),
        meta: { from: "md" },
        enableSorting: false,
        cell: ({ getValue }) => <span className="text-muted">{show(getValue(), (code) => (reason.has(code as never) ? reason(code as never) : code.replace(/_/g, " ")))}</span>,
      }),
      column.accessor("closed_at", { header: t("closedAt"), meta: { right: true, from: "lg" }, cell: ({ getValue }) => <span className="num text-muted">{show(getValue(), formatDateTime)}</span> }),
    ],
    [t, reason, bot.symbol, bot.pnl?.currency, tick],
  );
  if (deals.isPending) return <Loading />;
  if (deals.isError && !deals.data) return <Failed error={deals.error} retry={() => void deals.refetch()} />;
  const open = deals.data.items.some((deal) => deal.status === "open");
  return (
    <>
      {bot.status === "active" && DEALERS.has(bot.strategy) ? <DealCommands bot={bot} open={open} /> : null}
      {deals.data.items.length === 0 ? (
        <Empty title={t(DEALERS.has(bot.strategy) ? "none" : "noCells")} />
      ) : (
        <DataTable label={t("title")} columns={columns} rows={deals.data.items} rowId={(deal) => (deal.number == null ? deal.opened_at : String(deal.number))} maxHeight={480} />
      )}
    </>
  );
}

function show(value: string | null | undefined, format: (value: string) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

/** Closing and cancelling a deal move money or give up its exits: each says so before it is sent. */
function DealCommands({ bot, open }: { bot: Bot; open: boolean }) {
  const t = useTranslations("deals");
  const action = useTranslations("action");
  const text = useErrorText();
  const command = useDealCommand(bot.id);
  const [asked, setAsked] = useState<DealCommand | null>(null);
  const wanted: DealCommand[] = open ? ["close_deal", "cancel_deal"] : ["start_deal"];
  const send = (name: DealCommand) =>
    command.mutate(name, {
      onSuccess: () => {
        setAsked(null);
        toast.success(t("sent"));
      },
      onError: (error) => toast.error(text(error)),
    });
  return (
    <div className="flex flex-wrap gap-2 border-b border-line px-3 py-2">
      {wanted.map((name) => (
        <Button key={name} small onClick={() => setAsked(name)}>
          {t(name)}
        </Button>
      ))}
      <Dialog
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={t(asked ?? "start_deal")}
        description={t(`${asked ?? "start_deal"}_text`)}
        footer={
          <>
            <Button onClick={() => setAsked(null)}>{action("cancel")}</Button>
            <Button look={asked === "start_deal" ? "primary" : "danger"} busy={command.isPending} onClick={() => asked && send(asked)}>
              {t(asked ?? "start_deal")}
            </Button>
          </>
        }
      >
        <p className="text-sm">
          {bot.name} · {bot.symbol}
        </p>
        {asked === "close_deal" ? <After bot={bot} mode="quote" /> : null}
        {asked === "cancel_deal" ? <After bot={bot} mode="keep" /> : null}
      </Dialog>
    </div>
  );
}
