"use client";
import { FormWords } from "@/i18n/form-words";
import { WebhooksScreen } from "@/features/webhooks/webhooks-screen";

export default function Page() {
  return (
    <FormWords>
      <WebhooksScreen />
    </FormWords>
  );
}
