"use client";
import { Copy } from "lucide-react";
import { useTranslations } from "use-intl";
import { Button } from "@/ui/button";
import { toast } from "@/ui/toast";

/** Text to paste elsewhere, with the button that copies it. */
export function CopyBox({ label, text }: { label: string; text: string }) {
  const t = useTranslations("webhooks");
  return (
    <div>
      <div className="mb-1 flex items-center">
        <span className="text-xs font-medium text-muted">{label}</span>
        <Button
          small
          look="quiet"
          className="ml-auto"
          aria-label={`${t("copy")}: ${label}`}
          onClick={() => void navigator.clipboard.writeText(text).then(() => toast.success(t("copied")))}
        >
          <Copy aria-hidden="true" className="size-3.5" /> {t("copy")}
        </Button>
      </div>
      <pre className="max-h-40 overflow-auto rounded-md border border-line bg-bg p-2 text-xs break-all whitespace-pre-wrap select-all">{text}</pre>
    </div>
  );
}
