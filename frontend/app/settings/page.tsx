"use client";
import { FormWords } from "@/i18n/form-words";
import { SettingsScreen } from "@/features/settings/settings-screen";

export default function Page() {
  return (
    <FormWords>
      <SettingsScreen />
    </FormWords>
  );
}
