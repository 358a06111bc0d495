"use client";
/** Rules that press the panic button by themselves; each shows how it stands. */
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useAccounts } from "@/api/queries/accounts";
import { useGuards, usePutGuards, useRearm } from "@/api/queries/safety";
import type { Guard, GuardState } from "@/api/types";
import { FormWords } from "@/i18n/form-words";
import { useErrorText } from "@/lib/errors";
import { formatAmount, formatMoney } from "@/lib/money";
import { formatDateTime } from "@/lib/time";
import { Ask } from "@/ui/ask";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Panel } from "@/ui/panel";
import { Failed, Loading } from "@/ui/states";
import { toast } from "@/ui/toast";
import { GuardDialog } from "./guard-dialog";

export default function GuardsPanel() {
  return (
    <FormWords>
      <Guards />
    </FormWords>
  );
}

function Guards() {
  const t = useTranslations("guards");
  const text = useErrorText();
  const guards = useGuards();
  const put = usePutGuards();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Guard | null>(null);
  const items = guards.data?.items ?? [];
  const save = (next: Guard[]) => put.mutateAsync(next).catch((error: unknown) => toast.error(text(error)));
  return (
    <Panel
      flush
      title={t("title")}
      actions={
        <Button small onClick={() => setAdding(true)} disabled={!guards.data}>
          <Plus aria-hidden="true" className="size-3.5" /> {t("add")}
        </Button>
      }
    >
      {guards.isPending ? <Loading rows={2} /> : null}
      {guards.isError && !guards.data ? <Failed error={guards.error} retry={() => void guards.refetch()} /> : null}
      {guards.data && items.length === 0 ? <p className="p-3 text-xs text-muted">{t("empty")}</p> : null}
      <ul className="divide-y divide-line">
        {items.map((guard) => (
          <GuardRow key={guard.id} guard={guard} state={guards.data?.states.find((one) => one.id === guard.id)} onRemove={() => setRemoving(guard)} />
        ))}
      </ul>
      {removing ? (
        <Ask
          danger
          title={t("removeTitle", { kind: t(removing.kind) })}
          text={t("removeText")}
          confirm={t("remove")}
          busy={put.isPending}
          onClose={() => setRemoving(null)}
          onConfirm={() => void save(items.filter((one) => one.id !== removing.id)).then(() => setRemoving(null))}
        />
      ) : null}
      {adding ? <GuardDialog busy={put.isPending} onClose={() => setAdding(false)} onSave={(guard) => put.mutateAsync([...items, guard]).then(() => setAdding(false))} /> : null}
    </Panel>
  );
}

function GuardRow({ guard, state, onRemove }: { guard: Guard; state: GuardState | undefined; onRemove: () => void }) {
  const t = useTranslations("guards");
  const panic = useTranslations("panic");
  const rearm = useRearm();
  const unit = guard.kind.endsWith("_pct") ? "%" : (guard.currency ?? "");
  const accounts = useAccounts();
  const account = guard.account_id ? (accounts.data?.items.find((one) => one.id === guard.account_id)?.label ?? guard.account_id) : null;
  return (
    <li className="flex items-start gap-2 px-3 py-2 text-[13px]">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {t(guard.kind)} {formatAmount(guard.limit)} {unit}
          <Badge tone={guard.world === "paper" ? "accent" : "negative"}>{guard.world === "paper" ? "PAPER" : "LIVE"}</Badge>
        </p>
        <p className="text-xs text-muted">
          {guard.mode === "stop" ? t("stop") : panic(guard.mode ?? "freeze")}
          {account ? ` · ${account}` : ""}
          {state?.value ? ` · ${t("now", { value: `${formatMoney(state.value)} ${unit}` })}` : ""}
        </p>
        {state?.tripped_at ? (
          <p className="mt-1 flex items-center gap-2 text-xs text-negative">
            {t("tripped", { time: formatDateTime(state.tripped_at) })}
            <Button small busy={rearm.isPending} onClick={() => rearm.mutate(guard.id)}>
              {t("rearm")}
            </Button>
          </p>
        ) : null}
      </div>
      <IconButton label={`${t("remove")}: ${t(guard.kind)}`} className="size-7" onClick={onRemove}>
        <Trash2 aria-hidden="true" className="size-3.5" />
      </IconButton>
    </li>
  );
}
