"use client";
import { useTranslations } from "use-intl";
import { useLiveStatus, type LivePhase } from "@/api/live-status";
import { ageSeconds, formatSpan } from "@/lib/time";
import { useNow } from "@/lib/now";
import { Badge, type Tone } from "@/ui/badge";

const TONES: Record<LivePhase, Tone> = { off: "plain", connecting: "warn", live: "positive", offline: "warn" };
const STALE_S = 45;

/** Whether what is on screen is fresh: the state of the feed, and the age of the last word when it is old. */
export function LiveBadge() {
  const t = useTranslations("live");
  const { phase, heardAt } = useLiveStatus();
  const now = useNow(5_000);
  const age = heardAt ? ageSeconds(heardAt, now) : null;
  const old = phase !== "live" && age !== null && age > STALE_S;
  return (
    <span role="status" aria-label={t("label", { state: t(phase) })}>
      <Badge tone={TONES[phase]} dot title={age === null ? undefined : t("age", { age: formatSpan(age) })}>
        {t(phase)}
        {old ? <span className="num font-normal">· {formatSpan(age)}</span> : null}
      </Badge>
    </span>
  );
}
