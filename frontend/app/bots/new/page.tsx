"use client";
import { FormWords } from "@/i18n/form-words";
import { NewBotScreen } from "@/features/new-bot/new-bot-screen";

export default function Page() {
  return (
    <FormWords>
      <NewBotScreen />
    </FormWords>
  );
}
