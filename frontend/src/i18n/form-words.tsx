"use client";
/** The words of the forms, for the screens that have them. */
import type { ReactNode } from "react";
import { IntlProvider } from "use-intl";
import form from "./en.form.compiled.json";
import { messages, type Messages } from "./messages";

const all = { ...messages, ...(form as unknown as Partial<Messages>) };

export function FormWords({ children }: { children: ReactNode }) {
  return (
    <IntlProvider locale="en" timeZone="UTC" messages={all}>
      {children}
    </IntlProvider>
  );
}
