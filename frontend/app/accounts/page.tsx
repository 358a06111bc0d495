"use client";
import { FormWords } from "@/i18n/form-words";
import { AccountsScreen } from "@/features/accounts/accounts-screen";

export default function Page() {
  return (
    <FormWords>
      <AccountsScreen />
    </FormWords>
  );
}
