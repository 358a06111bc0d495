"use client";
import { WebhooksScreen } from "@/features/webhooks/webhooks-screen";

export default function Page() {
  return <WebhooksScreen />;
}
