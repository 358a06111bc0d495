"use client";
/** What may be done with the chosen bots at once. */
import { CirclePause, CirclePlay, CircleStop } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Bot } from "@/api/types";
import { FormWords } from "@/i18n/form-words";
import { Button } from "@/ui/button";
import { BulkDialog, type BulkAction } from "./bulk-dialog";
import { mayPause, mayResume, mayStop } from "./words";

const MAY: Record<BulkAction, (bot: Bot) => boolean> = { pause: mayPause, resume: mayResume, stop: mayStop };
const ICONS = { pause: CirclePause, resume: CirclePlay, stop: CircleStop } as const;

type Props = { bots: readonly Bot[]; onClear: () => void };

export default function BulkBar(props: Props) {
  return (
    <FormWords>
      <Bar {...props} />
    </FormWords>
  );
}

function Bar({ bots, onClear }: Props) {
  const t = useTranslations("bulk");
  const action = useTranslations("action");
  const [asked, setAsked] = useState<BulkAction | null>(null);
  return (
    <div role="toolbar" aria-label={t("label")} className="flex flex-wrap items-center gap-2 border-b border-line bg-accent-soft px-3 py-2 text-[13px]">
      <span role="status" className="mr-2 font-medium">
        {t("chosen", { count: bots.length })}
      </span>
      {(["pause", "resume", "stop"] as const).map((name) => {
        const Icon = ICONS[name];
        const able = bots.filter(MAY[name]).length;
        return (
          <Button key={name} small disabled={able === 0} onClick={() => setAsked(name)}>
            <Icon aria-hidden="true" className="size-3.5" /> {action(name)} {able < bots.length && able > 0 ? <span className="num text-muted">({able})</span> : null}
          </Button>
        );
      })}
      <Button small look="quiet" className="ml-auto" onClick={onClear}>
        {t("clear")}
      </Button>
      {asked ? <BulkDialog action={asked} bots={bots.filter(MAY[asked])} left={bots.filter((bot) => !MAY[asked](bot))} onClose={() => setAsked(null)} onDone={onClear} /> : null}
    </div>
  );
}
