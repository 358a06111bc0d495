"use client";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useInbox } from "@/api/queries/webhooks";
import type { Hit } from "@/api/types";
import { late } from "@/lib/late";
import { Button } from "@/ui/button";
import { Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { HitRow } from "./hit-row";

const ReplayDialog = late(() => import("./replay-dialog"));

/** Every alert that arrived, what was understood, and what became of it. */
export function Inbox({ id }: { id: string }) {
  const t = useTranslations("webhooks");
  const inbox = useInbox(id);
  const [again, setAgain] = useState<Hit | null>(null);
  return (
    <Panel flush title={t("inbox")}>
      {inbox.isPending ? <Loading /> : null}
      {inbox.isError && !inbox.data ? <Failed error={inbox.error} retry={() => void inbox.refetch()} /> : null}
      {inbox.data?.items.length === 0 ? <Empty title={t("inboxEmpty")}>{t("inboxEmptyText")}</Empty> : null}
      <ul className="divide-y divide-line">
        {inbox.data?.items.map((hit) => (
          <HitRow key={hit.id} hit={hit}>
            <Button small onClick={() => setAgain(hit)}>
              {t("replay")}
            </Button>
          </HitRow>
        ))}
      </ul>
      {again ? <ReplayDialog hook={id} hit={again} onClose={() => setAgain(null)} /> : null}
    </Panel>
  );
}
