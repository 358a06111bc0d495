"use client";
/** The words of the forms and of the screens opened now and then (scripts/compile-messages.mjs says which). */
import type { ReactNode } from "react";
import { IntlProvider } from "use-intl";
import desk from "./en.desk.compiled.json";
import form from "./en.form.compiled.json";
import { messages, type Messages } from "./messages";

const all = { ...messages, ...(desk as unknown as Partial<Messages>), ...(form as unknown as Partial<Messages>) };

export function FormWords({ children }: { children: ReactNode }) {
  return (
    <IntlProvider locale="en" timeZone="UTC" messages={all}>
      {children}
    </IntlProvider>
  );
}
