"use client";
import { OverviewScreen } from "@/features/overview/overview-screen";
import { DeskWords } from "@/i18n/desk-words";

export default function Page() {
  return (
    <DeskWords>
      <OverviewScreen />
    </DeskWords>
  );
}
