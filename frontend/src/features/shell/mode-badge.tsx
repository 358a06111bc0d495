"use client";
/** Play money or real, made-up prices or real: always said, in words. */
import { useTranslations } from "use-intl";
import { Badge } from "@/ui/badge";

export function ModeBadge({ exchange, market }: { exchange: string; market: string }) {
  const t = useTranslations("mode");
  if (exchange !== "paper") {
    return (
      <Badge tone="negative" title={t("liveHint")}>
        {t("LIVE")}
      </Badge>
    );
  }
  return (
    <span className="inline-flex gap-1">
      <Badge tone="accent" title={t("paperHint")}>
        {t("PAPER")}
      </Badge>
      {market === "simulated" ? (
        <Badge tone="warn" title={t("simulatedHint")}>
          {t("SIMULATED")}
        </Badge>
      ) : null}
      {market === "replay" ? (
        <Badge tone="warn" title={t("replayHint")}>
          {t("REPLAY")}
        </Badge>
      ) : null}
    </span>
  );
}
