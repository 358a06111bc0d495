"use client";
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useBots } from "@/api/queries/bots";
import { useCreateWebhook } from "@/api/queries/webhooks";
import type { WebhookCreate } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { Button, ButtonLink } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { BotChecks } from "./bot-checks";
import { CopyBox } from "./copy-box";

const DIALECTS = ["tickwise", "3commas_dca", "3commas_signal", "traderspost", "octobot", "wundertrading", "alertatron"] as const;

/** Makes a webhook; its secret is shown here once and never again. */
export function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations("webhooks");
  const dialect = useTranslations("dialect");
  const text = useErrorText();
  const bots = useBots();
  const create = useCreateWebhook();
  const [chosen, setChosen] = useState<string[]>([]);
  const made = create.data;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const wanted = DIALECTS.find((one) => one === form.get("dialect")) ?? "tickwise";
    const body: Partial<WebhookCreate> & Pick<WebhookCreate, "name" | "bots"> = { name: String(form.get("name") ?? "").trim(), dialect: wanted, bots: chosen };
    create.mutate(body as WebhookCreate);
  }

  if (made) {
    return (
      <Dialog open onClose={onClose} title={t("made")} description={made.secret ? t("secretOnce") : t("noSecret")}>
        <div className="space-y-3">
          <CopyBox label={t("url")} text={made.webhook.url} />
          {made.secret ? <CopyBox label={t("secret")} text={made.secret} /> : null}
          <div className="flex justify-end">
            <ButtonLink look="primary" href={`/webhooks/?id=${made.webhook.id}`}>
              {t("messages")}
            </ButtonLink>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open onClose={onClose} title={t("add")} description={t("hint")}>
      <form onSubmit={submit} className="space-y-3">
        <TextField label={t("name")} name="name" required maxLength={80} defaultValue="TradingView" />
        <SelectField label={t("dialect")} help={t("dialectHelp")} name="dialect">
          {DIALECTS.map((name) => (
            <option key={name} value={name}>
              {dialect(name)}
            </option>
          ))}
        </SelectField>
        <BotChecks bots={bots.data?.items ?? null} chosen={chosen} onChange={setChosen} />
        {create.error ? (
          <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
            {text(create.error)}
          </p>
        ) : null}
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={create.isPending} disabled={chosen.length === 0}>
            {t("create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
