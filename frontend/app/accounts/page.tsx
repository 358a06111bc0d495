"use client";
import { AccountsScreen } from "@/features/accounts/accounts-screen";

export default function Page() {
  return <AccountsScreen />;
}
