"use client";
import { FormWords } from "@/i18n/form-words";
import { SharedScreen } from "@/features/sharing/shared-screen";

export default function Page() {
  return (
    <FormWords>
      <SharedScreen />
    </FormWords>
  );
}
