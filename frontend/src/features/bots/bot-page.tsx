"use client";
/** One route for the list and for one bot: a static export cannot know ids. */
import { lazy, Suspense } from "react";
import { useNav } from "@/lib/nav";
import { Loading } from "@/ui/states";
import { BotsScreen } from "./bots-screen";

const BotScreen = lazy(() => import("./bot-screen"));

export function BotPage() {
  const id = useNav().param("id");
  if (!id) return <BotsScreen />;
  return (
    <Suspense fallback={<Loading rows={8} />}>
      <BotScreen key={id} id={id} />
    </Suspense>
  );
}
