"use client";
/** An alert sent again is acted on now, at the price of now: what it would do is found out first, without doing it. */
import { useEffect, useRef } from "react";
import { useTranslations } from "use-intl";
import { useReplayHit, useTryMessage } from "@/api/queries/webhooks";
import type { Hit } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { Ask } from "@/ui/ask";
import { Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { HitRow } from "./hit-row";

export default function ReplayDialog({ hook, hit, onClose }: { hook: string; hit: Hit; onClose: () => void }) {
  const t = useTranslations("webhooks");
  const text = useErrorText();
  const replay = useReplayHit(hook);
  const attempt = useTryMessage(hook);
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    attempt.mutate(hit.body);
  }, [attempt, hit.body]);
  const send = () =>
    replay.mutate(hit.id, {
      onSuccess: () => {
        toast.success(t("replayed"));
        onClose();
      },
      onError: (error) => toast.error(text(error)),
    });
  return (
    <Ask title={t("replayTitle")} text={t("replayText")} confirm={t("replay")} busy={replay.isPending} onClose={onClose} onConfirm={send}>
      <div role="status" className="mt-3 min-h-24 rounded-md border border-line bg-bg">
        {attempt.isPending ? <Loading rows={2} /> : null}
        {attempt.error ? <p className="p-3 text-xs text-negative">{text(attempt.error)}</p> : null}
        <ul className="divide-y divide-line">{attempt.data?.items.map((one) => <HitRow key={one.id} hit={one} />)}</ul>
      </div>
    </Ask>
  );
}
