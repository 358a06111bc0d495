"use client";
import { useTranslations } from "use-intl";
import { useInbox, useReplayHit } from "@/api/queries/webhooks";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { HitRow } from "./hit-row";

/** Every alert that arrived, what was understood, and what became of it. */
export function Inbox({ id }: { id: string }) {
  const t = useTranslations("webhooks");
  const text = useErrorText();
  const inbox = useInbox(id);
  const replay = useReplayHit(id);
  return (
    <Panel flush title={t("inbox")}>
      {inbox.isPending ? <Loading /> : null}
      {inbox.isError && !inbox.data ? <Failed error={inbox.error} retry={() => void inbox.refetch()} /> : null}
      {inbox.data?.items.length === 0 ? <Empty title={t("inboxEmpty")}>{t("inboxEmptyText")}</Empty> : null}
      <ul className="divide-y divide-line">
        {inbox.data?.items.map((hit) => (
          <HitRow key={hit.id} hit={hit}>
            <Button
              small
              busy={replay.isPending && replay.variables === hit.id}
              onClick={() => replay.mutate(hit.id, { onSuccess: () => toast.success(t("replayed")), onError: (error) => toast.error(text(error)) })}
            >
              {t("replay")}
            </Button>
          </HitRow>
        ))}
      </ul>
    </Panel>
  );
}
