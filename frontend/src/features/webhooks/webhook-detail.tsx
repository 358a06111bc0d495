"use client";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useDeleteWebhook, useMessages, useSwitchWebhook, useTryMessage } from "@/api/queries/webhooks";
import type { Webhook } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { Link, useNav } from "@/lib/nav";
import { Ask } from "@/ui/ask";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { SelectField } from "@/ui/field";
import { Panel } from "@/ui/panel";
import { Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { CopyBox } from "./copy-box";
import { EditDialog } from "./edit-dialog";
import { HitRow } from "./hit-row";
import { Inbox } from "./inbox";
import { RotateDialog } from "./rotate-dialog";

export function WebhookDetail({ hook }: { hook: Webhook }) {
  const t = useTranslations("webhooks");
  const action = useTranslations("action");
  const text = useErrorText();
  const nav = useNav();
  const toggle = useSwitchWebhook(hook.id);
  const remove = useDeleteWebhook(hook.id);
  const say = (error: unknown) => toast.error(text(error));
  const [open, setOpen] = useState<"edit" | "rotate" | "delete" | null>(null);
  return (
    <div className="space-y-3">
      <header className="space-y-2">
        <Link href="/webhooks/" className="inline-flex items-center gap-1 text-xs text-muted hover:text-text">
          <ArrowLeft aria-hidden="true" className="size-3.5" /> {t("back")}
        </Link>
        <div className="flex flex-wrap items-center gap-3">
          <h1 className="text-lg leading-tight font-semibold">{hook.name}</h1>
          <Badge tone={hook.enabled ? "positive" : "plain"} dot>
            {t(hook.enabled ? "on" : "off")}
          </Badge>
          {hook.silent ? <Badge tone="warn">{t("silent")}</Badge> : null}
          <div className="ml-auto flex flex-wrap gap-2">
            <Button onClick={() => setOpen("edit")}>{t("edit")}</Button>
            {hook.own_secret ? null : <Button onClick={() => setOpen("rotate")}>{t("rotate")}</Button>}
            <Button busy={toggle.isPending} onClick={() => toggle.mutate(!hook.enabled, { onError: say })}>
              {t(hook.enabled ? "turnOff" : "turnOn")}
            </Button>
            <Button onClick={() => setOpen("delete")}>{action("delete")}</Button>
          </div>
        </div>
      </header>
      <div className="grid items-start gap-3 xl:grid-cols-2">
        <div className="min-w-0 space-y-3">
          <Panel title={t("url")}>
            <CopyBox label={t("urlHelp")} text={hook.url} />
          </Panel>
          <Builder id={hook.id} />
        </div>
        <Inbox id={hook.id} />
      </div>
      {open === "edit" ? <EditDialog hook={hook} onClose={() => setOpen(null)} /> : null}
      {open === "delete" ? (
        <Ask
          danger
          title={t("deleteTitle", { name: hook.name })}
          text={t("deleteText")}
          confirm={action("delete")}
          busy={remove.isPending}
          onClose={() => setOpen(null)}
          onConfirm={() => remove.mutate(undefined, { onSuccess: () => nav.go("/webhooks/"), onError: say })}
        />
      ) : null}
      {open === "rotate" ? <RotateDialog hook={hook} onClose={() => setOpen(null)} /> : null}
    </div>
  );
}

/** The message to paste into the alert, and what it would do, without doing it. */
function Builder({ id }: { id: string }) {
  const t = useTranslations("webhooks");
  const text = useErrorText();
  const messages = useMessages(id);
  const attempt = useTryMessage(id);
  const [index, setIndex] = useState(0);
  const message = messages.data?.items[index];
  return (
    <Panel title={t("messages")}>
      {messages.isPending ? <Loading rows={3} /> : null}
      {messages.isError && !messages.data ? <Failed error={messages.error} retry={() => void messages.refetch()} /> : null}
      {messages.data && message ? (
        <div className="space-y-3">
          <SelectField label={t("action")} value={String(index)} onChange={(event) => setIndex(event.target.selectedIndex)}>
            {messages.data.items.map((one, at) => (
              <option key={`${one.action}-${at}`} value={at}>
                {one.title}
              </option>
            ))}
          </SelectField>
          <CopyBox label={t("paste")} text={message.body} />
          <Button busy={attempt.isPending} onClick={() => attempt.mutate(message.preview)}>
            {t("dryRun")}
          </Button>
          {attempt.error ? (
            <p role="alert" className="text-xs text-negative">
              {text(attempt.error)}
            </p>
          ) : null}
          <ul className="divide-y divide-line">{attempt.data?.items.map((hit) => <HitRow key={hit.id} hit={hit} />)}</ul>
        </div>
      ) : null}
    </Panel>
  );
}
