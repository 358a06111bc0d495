"use client";
/** The figures of a line in the log, in words: what it counted, and nothing that is zero where a line counts many things. */
import { useCallback } from "react";
import { useTranslations } from "use-intl";
import type { EventLine } from "@/api/types";

/** Lines that count many things at once: only what was found is said. */
const COUNTS: ReadonlySet<string> = new Set(["reconciled", "rebuilt"]);

export function useEventParams(): (event: Pick<EventLine, "code" | "params">) => string {
  const t = useTranslations("param");
  const words = useTranslations("commandName");
  const status = useTranslations("status");
  const reason = useTranslations("reason");
  const field = useTranslations("field");
  return useCallback(
    ({ code, params }) => {
      const value = (name: string, text: string): string => {
        if (name === "command" && words.has(text as never)) return words(text as never);
        if (name === "status" && status.has(text as never)) return status(text as never);
        if ((name === "reason" || name === "why") && reason.has(text as never)) return reason(text as never);
        if (["fields", "now", "next"].includes(name)) return text.split(", ").map((one) => (field.has(one as never) ? field(one as never) : one)).join(", ");
        return text;
      };
      return Object.entries(params)
        .filter(([, text]) => text !== "" && !(COUNTS.has(code) && text === "0"))
        .map(([name, text]) => (t.has(name as never) ? t(name as never, { value: value(name, text) } as never) : `${name.replace(/_/g, " ")} ${value(name, text)}`))
        .join(" · ");
    },
    [t, words, status, reason, field],
  );
}
