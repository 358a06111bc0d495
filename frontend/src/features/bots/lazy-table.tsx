"use client";
/** The table's code is asked for as soon as a screen that shows bots runs, beside the bots themselves: neither waits for the other. */
import { lazy, Suspense, type ComponentProps } from "react";
import { Loading } from "@/ui/states";
import type { BotTable as Table } from "./bot-table";

const load = () => import("./bot-table").then(({ BotTable }) => ({ default: BotTable }));
const Lazy = lazy(load);
if (typeof window !== "undefined") void load();

export function BotTable(props: ComponentProps<typeof Table>) {
  return (
    <Suspense fallback={<Loading rows={6} />}>
      <Lazy {...props} />
    </Suspense>
  );
}
