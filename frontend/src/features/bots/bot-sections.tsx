"use client";
import { Tabs } from "radix-ui";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { TwinTab } from "@/features/twins/twin-tab";
import { AnalyticsTab } from "./analytics-tab";
import { DealTable } from "./deal-table";
import { ExportButton } from "./export-button";
import { EquityPanel } from "./equity-panel";
import { EventLog } from "./event-log";
import { FillTable } from "./fill-table";
import { Ladder } from "./ladder";
import { ConfigList } from "./config-list";

const NAMES = ["orders", "fills", "deals", "equity", "figures", "twin", "log", "settings"] as const;

export function BotSections({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const [tab, setTab] = useState<string>("orders");
  const counts: Partial<Record<(typeof NAMES)[number], number>> = { orders: bot.open_orders, fills: bot.fills, deals: bot.deals };
  const bodies: Record<(typeof NAMES)[number], ReactNode> = {
    orders: <Ladder bot={bot} />,
    fills: (
      <>
        <FillTable bot={bot} />
        <Foot>
          <ExportButton kind="fills" botId={bot.id} />
        </Foot>
      </>
    ),
    deals: <DealTable bot={bot} />,
    equity: <EquityPanel bot={bot} />,
    figures: <AnalyticsTab bot={bot} />,
    log: (
      <>
        <EventLog bot={bot} />
        <Foot>
          <ExportButton kind="events" botId={bot.id} />
        </Foot>
      </>
    ),
    twin: <TwinTab bot={bot} />,
    settings: <ConfigList bot={bot} />,
  };
  return (
    <Tabs.Root value={tab} onValueChange={setTab} className="rounded-lg border border-line bg-panel">
      <Tabs.List aria-label={t("sections")} className="flex overflow-x-auto border-b border-line px-1">
        {NAMES.map((name) => (
          <Tabs.Trigger
            key={name}
            value={name}
            className="-mb-px h-10 border-b-2 border-transparent px-3 text-[13px] font-medium whitespace-nowrap text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {t(name)}
            {counts[name] ? <span className="num ml-1.5 rounded bg-raised px-1.5 py-0.5 text-[11px] text-muted">{counts[name]}</span> : null}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {NAMES.map((name) => (
        <Tabs.Content key={name} value={name}>
          {bodies[name]}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function Foot({ children }: { children: ReactNode }) {
  return <div className="flex justify-end border-t border-line px-3 py-2">{children}</div>;
}
