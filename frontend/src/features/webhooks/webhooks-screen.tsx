"use client";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useWebhooks } from "@/api/queries/webhooks";
import type { Webhook } from "@/api/types";
import { formatDateTime } from "@/lib/time";
import { Link, useNav } from "@/lib/nav";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { PageHead, Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { CreateDialog } from "./create-dialog";
import { WebhookDetail } from "./webhook-detail";

export function WebhooksScreen() {
  const t = useTranslations("webhooks");
  const id = useNav().param("id");
  const hooks = useWebhooks();
  const [adding, setAdding] = useState(false);
  const chosen = hooks.data?.items.find((hook) => hook.id === id);
  if (chosen) return <WebhookDetail key={chosen.id} hook={chosen} />;
  return (
    <>
      <PageHead title={t("title")} hint={t("hint")}>
        <Button look="primary" onClick={() => setAdding(true)}>
          <Plus aria-hidden="true" className="size-4" /> {t("add")}
        </Button>
      </PageHead>
      <Panel flush>
        {hooks.isPending ? <Loading /> : null}
        {hooks.isError && !hooks.data ? <Failed error={hooks.error} retry={() => void hooks.refetch()} /> : null}
        {hooks.data?.items.length === 0 ? <Empty title={t("emptyTitle")}>{t("emptyText")}</Empty> : null}
        <ul className="divide-y divide-line">
          {hooks.data?.items.map((hook) => (
            <Row key={hook.id} hook={hook} />
          ))}
        </ul>
      </Panel>
      {adding ? <CreateDialog onClose={() => setAdding(false)} /> : null}
    </>
  );
}

function Row({ hook }: { hook: Webhook }) {
  const t = useTranslations("webhooks");
  const dialect = useTranslations("dialect");
  return (
    <li>
      <Link href={`/webhooks/?id=${hook.id}`} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2.5 text-[13px] hover:bg-hover">
        <span className="font-medium">{hook.name}</span>
        <Badge>{dialect.has(hook.dialect as never) ? dialect(hook.dialect as never) : hook.dialect}</Badge>
        <Badge tone={hook.enabled ? "positive" : "plain"} dot>
          {t(hook.enabled ? "on" : "off")}
        </Badge>
        {hook.silent ? <Badge tone="warn">{t("silent")}</Badge> : null}
        <span className="ml-auto text-xs text-muted">
          {t("bots", { count: hook.bots.length })} · {formatDateTime(hook.created_at)}
        </span>
      </Link>
    </li>
  );
}
