"use client";
import { FormWords } from "@/i18n/form-words";
import { NotificationsScreen } from "@/features/notifications/notifications-screen";

export default function Page() {
  return (
    <FormWords>
      <NotificationsScreen />
    </FormWords>
  );
}
