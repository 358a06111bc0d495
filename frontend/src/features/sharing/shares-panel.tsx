"use client";
/** Every link that was given away: what it shows, how long it opens, and the way to end it. */
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useRevokeShare, useShares } from "@/api/queries/sharing";
import type { Share } from "@/api/types";
import { FormWords } from "@/i18n/form-words";
import { useErrorText } from "@/lib/errors";
import { useNow } from "@/lib/now";
import { formatDateTime } from "@/lib/time";
import { Button } from "@/ui/button";
import { DataTable } from "@/ui/data-table";
import { Dialog } from "@/ui/dialog";
import { Panel } from "@/ui/panel";
import { Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";

const column = createColumnHelper<Share>();

export default function SharesPanel() {
  return (
    <FormWords>
      <Shares />
    </FormWords>
  );
}

function Shares() {
  const t = useTranslations("sharing");
  const shares = useShares();
  const [ending, setEnding] = useState<Share | null>(null);
  const columns = useMemo(
    () => [
      column.accessor("name", {
        header: t("what"),
        cell: ({ row: { original: share } }) => (
          <span className="block min-w-0">
            <span className="block max-w-56 truncate font-medium">{share.name}</span>
            <span className="block text-[11px] text-muted">{shows(share, (name) => t(name))}</span>
          </span>
        ),
      }),
      column.accessor("kind", { header: t("kind"), meta: { from: "sm" }, cell: ({ getValue }) => t(`kind_${getValue()}`) }),
      column.accessor("created_at", { header: t("made"), meta: { from: "md" }, cell: ({ getValue }) => <span className="num">{formatDateTime(getValue())}</span> }),
      column.accessor("expires_at", { header: t("until"), cell: ({ getValue }) => <Until at={getValue()} /> }),
      column.display({
        id: "end",
        header: () => <span className="sr-only">{t("revoke")}</span>,
        meta: { right: true },
        cell: ({ row: { original: share } }) => (
          <Button small aria-label={t("revokeOf", { name: share.name })} onClick={() => setEnding(share)}>
            {t("revoke")}
          </Button>
        ),
      }),
    ],
    [t],
  );
  return (
    <Panel title={t("shares")} flush className="md:col-span-2">
      {shares.isPending ? <Loading rows={2} /> : null}
      {shares.isError && !shares.data ? <Failed error={shares.error} retry={() => void shares.refetch()} /> : null}
      {shares.data?.items.length === 0 ? <p className="p-3 text-xs text-muted">{t("noShares")}</p> : null}
      {shares.data && shares.data.items.length > 0 ? <DataTable label={t("shares")} columns={columns} rows={shares.data.items} rowId={(share) => share.id} maxHeight={420} /> : null}
      {ending ? <EndDialog share={ending} onClose={() => setEnding(null)} /> : null}
    </Panel>
  );
}

function shows(share: Share, say: (name: "showsPlan" | "showsAmounts" | "showsPerformance") => string): string {
  return [say("showsPlan"), share.with_amounts ? say("showsAmounts") : "", share.with_performance ? say("showsPerformance") : ""].filter(Boolean).join(", ");
}

function Until({ at }: { at: string | null | undefined }) {
  const t = useTranslations("sharing");
  const now = useNow(60_000);
  if (!at) return <>{t("forever")}</>;
  return new Date(at).getTime() <= now ? <span className="text-muted">{t("over")}</span> : <span className="num">{formatDateTime(at)}</span>;
}

function EndDialog({ share, onClose }: { share: Share; onClose: () => void }) {
  const t = useTranslations("sharing");
  const action = useTranslations("action");
  const text = useErrorText();
  const revoke = useRevokeShare();
  const confirm = () =>
    revoke.mutate(share.id, {
      onSuccess: () => {
        toast.success(t("revoked"));
        onClose();
      },
      onError: (error) => toast.error(text(error)),
    });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("revokeTitle", { name: share.name })}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          <Button look="danger" busy={revoke.isPending} onClick={confirm}>
            {t("revoke")}
          </Button>
        </>
      }
    >
      <p className="text-sm">{t("revokeText")}</p>
    </Dialog>
  );
}
