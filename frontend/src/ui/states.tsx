import { AlertTriangle, Inbox } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useErrorText } from "@/lib/errors";
import { Button } from "./button";

export function Loading({ rows = 4, label }: { rows?: number; label?: string }) {
  const t = useTranslations("state");
  return (
    <div role="status" className="space-y-2 p-3">
      <span className="sr-only">{label ?? t("loading")}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="h-6 animate-pulse rounded bg-raised" style={{ width: `${100 - index * 7}%` }} />
      ))}
    </div>
  );
}

/** `page`: it is all there is, so its title is the page's. */
export function Empty({ title, page, children }: { title: ReactNode; page?: boolean; children?: ReactNode }) {
  const Title = page ? "h1" : "p";
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <Inbox aria-hidden="true" className="size-6 text-muted" />
      <Title className="text-sm font-medium">{title}</Title>
      <div className="max-w-md text-xs text-muted">{children}</div>
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTranslations("state");
  const text = useErrorText();
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-4 py-8 text-center">
      <AlertTriangle aria-hidden="true" className="size-6 text-negative" />
      <p className="text-sm">{text(error)}</p>
      {retry ? (
        <Button small onClick={retry}>
          {t("retry")}
        </Button>
      ) : null}
    </div>
  );
}
