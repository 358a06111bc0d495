"use client";
/** What stands against a plan, or should be known before it is started. */
import { AlertTriangle, OctagonAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Finding } from "@/api/client";
import { useCodeText } from "@/lib/errors";

export function Findings({ findings }: { findings: Finding[] }) {
  const say = useCodeText();
  const field = useTranslations("field");
  return (
    <ul className="space-y-1">
      {findings.map((finding, index) => {
        const name = (finding.field ?? "").replace(/^(body\.)?(config\.)?/, "");
        return (
          <li key={index}>
            {name ? <b className="font-semibold">{field.has(name as never) ? field(name as never) : name.replace(/[_.]/g, " ")}: </b> : null}
            {say(finding.code, finding.params)}
          </li>
        );
      })}
    </ul>
  );
}

export function Notice({ tone, title, children }: { tone: "warn" | "negative"; title: string; children: ReactNode }) {
  const Icon = tone === "warn" ? AlertTriangle : OctagonAlert;
  return (
    <div className={`rounded-md px-3 py-2 text-xs ${tone === "warn" ? "bg-warn-soft text-warn" : "bg-negative-soft text-negative"}`}>
      <p className="mb-1 flex items-center gap-1.5 font-semibold">
        <Icon aria-hidden="true" className="size-4" /> {title}
      </p>
      {children}
    </div>
  );
}
