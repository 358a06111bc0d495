"use client";
/** One route for the list and for one bot: a static export cannot know ids. */
import { late } from "@/lib/late";
import { useNav } from "@/lib/nav";
import { Loading } from "@/ui/states";
import { BotsScreen } from "./bots-screen";

const BotScreen = late(() => import("./bot-screen"), () => <Loading rows={8} />);

export function BotPage() {
  const id = useNav().param("id");
  return id ? <BotScreen key={id} id={id} /> : <BotsScreen />;
}
