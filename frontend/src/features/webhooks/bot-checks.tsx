"use client";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { CheckField } from "@/ui/field";

/** Which bots a webhook may command, and no other. */
export function BotChecks({ bots, chosen, onChange }: { bots: Bot[] | null; chosen: string[]; onChange: (chosen: string[]) => void }) {
  const t = useTranslations("webhooks");
  return (
    <fieldset>
      <legend className="text-xs font-medium text-muted">{t("which")}</legend>
      <div className="max-h-40 overflow-auto">
        {bots?.map((bot) => (
          <CheckField
            key={bot.id}
            label={`${bot.name} · ${bot.symbol}`}
            checked={chosen.includes(bot.id)}
            onChange={(event) => onChange(event.target.checked ? [...chosen, bot.id] : chosen.filter((one) => one !== bot.id))}
          />
        ))}
        {bots?.length === 0 ? <p className="py-2 text-xs text-muted">{t("noBots")}</p> : null}
      </div>
    </fieldset>
  );
}
