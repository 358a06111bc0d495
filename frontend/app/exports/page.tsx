"use client";
import { FormWords } from "@/i18n/form-words";
import { ExportsScreen } from "@/features/exports/exports-screen";

export default function Page() {
  return (
    <FormWords>
      <ExportsScreen />
    </FormWords>
  );
}
