"use client";
/** The figures of a line in the log, in words: what it counted, and nothing that is zero where a line counts many things. */
import { useCallback } from "react";
import { useTranslations } from "use-intl";
import type { EventLine } from "@/api/types";

/** Lines that count many things at once: only what was found is said. */
const COUNTS: ReadonlySet<string> = new Set(["reconciled", "rebuilt"]);
/** For whoever traces a line in the export; the screen has the words. */
const TRACES: ReadonlySet<string> = new Set(["command_id", "trade", "guard_id"]);
/** Who gave the word, where the cause has said it. */
const SAID: ReadonlySet<string> = new Set(["user", "panic", "guard", "webhook"]);
const LISTS: ReadonlySet<string> = new Set(["placed", "resent", "cancelled", "filled", "ended"]);
const MOST = 3;

export function useEventParams(): (event: Pick<EventLine, "code" | "params">) => string {
  const t = useTranslations("param");
  const words = useTranslations("commandName");
  const status = useTranslations("status");
  const reason = useTranslations("reason");
  const field = useTranslations("field");
  const cause = useTranslations("cause");
  const code = useTranslations("code");
  const guard = useTranslations("guards");
  const bot = useTranslations("bot");
  const given = useTranslations("given");
  return useCallback(
    ({ code: line, params }) => {
      const list = (text: string): string => {
        const all = text.replace(/ #[0-9a-f]{8}/g, "").split(", ");
        const first = all.slice(0, MOST).join(", ");
        return all.length > MOST ? bot("moreOrders", { shown: first, count: all.length - MOST }) : first;
      };
      const asked = (part: string): string => {
        const [name = "", what = ""] = part.split("=");
        const key = `${name}_${what}`;
        if (given.has(key as never)) return given(key as never);
        return field.has(name as never) ? `${field(name as never)} ${what}` : part.replace("=", " ");
      };
      const value = (name: string, text: string): string => {
        if (name === "command" && words.has(text as never)) return words(text as never);
        if (name === "status" && status.has(text as never)) return status(text as never);
        if ((name === "reason" || name === "why" || name === "by") && reason.has(text as never)) return reason(text as never);
        if (name === "given") return text.split(", ").map(asked).join(", ");
        if (name === "cause" && cause.has(text as never)) return cause(text as never);
        if (name === "code" && code.has(text as never)) return code(text as never);
        if (name === "guard" && guard.has(text as never)) return guard(text as never);
        if (line === "orders" && LISTS.has(name)) return list(text);
        if (["fields", "now", "next", "field"].includes(name)) return text.split(", ").map((one) => (field.has(one as never) ? field(one as never) : one)).join(", ");
        return text;
      };
      return Object.entries(params)
        .filter(([name, text]) => text !== "" && !TRACES.has(name) && !(name === "by" && SAID.has(text)) && !(COUNTS.has(line) && text === "0"))
        .map(([name, text]) => (t.has(name as never) ? t(name as never, { value: value(name, text) } as never) : `${name.replace(/_/g, " ")} ${value(name, text)}`))
        .join(" · ");
    },
    [t, words, status, reason, field, cause, code, guard, bot, given],
  );
}
