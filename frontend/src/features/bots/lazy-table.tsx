"use client";
/** The table's code is asked for as soon as a screen that shows bots runs, beside the bots themselves: neither waits for the other. */
import { late } from "@/lib/late";
import { Loading } from "@/ui/states";

export const BotTable = late(() => import("./bot-table"), () => <Loading rows={6} />, true);
