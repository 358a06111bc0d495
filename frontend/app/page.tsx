"use client";
import { OverviewScreen } from "@/features/overview/overview-screen";

export default function Page() {
  return <OverviewScreen />;
}
