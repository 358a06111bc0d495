"use client";
import { NewBotScreen } from "@/features/new-bot/new-bot-screen";

export default function Page() {
  return <NewBotScreen />;
}
