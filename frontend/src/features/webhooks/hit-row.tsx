"use client";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Hit } from "@/api/types";
import { useCodeText } from "@/lib/errors";
import { formatDateTime } from "@/lib/time";
import { useWord } from "@/lib/word";
import { Badge, type Tone } from "@/ui/badge";

const TONES: Record<Hit["status"], Tone> = { accepted: "positive", duplicate: "plain", rejected: "negative", dry_run: "accent", silent: "warn" };

export function HitRow({ hit, children }: { hit: Hit; children?: ReactNode }) {
  const t = useTranslations("hit");
  const reason = useWord("hitReason");
  const command = useWord("commandName");
  const code = useCodeText();
  const decided = useWord("decision");
  return (
    <li className="space-y-1.5 px-3 py-2 text-[13px]">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={TONES[hit.status]}>{t(hit.status)}</Badge>
        <span className="font-medium">{hit.action ? command(hit.action) : reason(hit.reason)}</span>
        {hit.symbol ? <span className="text-muted">{hit.symbol}</span> : null}
        <time dateTime={hit.at} className="num ml-auto text-xs text-muted">
          {formatDateTime(hit.at)}
        </time>
        {children}
      </div>
      {hit.status === "rejected" ? (
        <p className="text-xs text-negative">
          {reason(hit.reason)}
          {hit.field ? ` (${hit.field})` : ""}
        </p>
      ) : null}
      <ul className="text-xs text-muted">
        {(hit.decisions ?? []).map((decision, index) => (
          <li key={index}>
            {decision.command ? command(decision.command) : "–"}: {decided(decision.status)}
            {decision.code && decision.code !== "ok" ? ` · ${code(decision.code, {})}` : ""}
          </li>
        ))}
      </ul>
      <details>
        <summary className="text-[11px] text-muted hover:text-text">{t("body")}</summary>
        <pre className="mt-1 max-h-40 overflow-auto rounded-md border border-line bg-bg p-2 text-xs break-all whitespace-pre-wrap">{hit.body}</pre>
      </details>
    </li>
  );
}
