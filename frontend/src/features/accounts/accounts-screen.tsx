"use client";
import { KeyRound, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "@/ui/toast";
import { useTranslations } from "use-intl";
import { useAccounts, useDeleteAccount } from "@/api/queries/accounts";
import type { Account } from "@/api/types";
import { ModeBadge } from "@/features/shell/mode-badge";
import { useErrorText } from "@/lib/errors";
import { formatDateTime } from "@/lib/time";
import { Button, ButtonLink } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { PageHead, Panel } from "@/ui/panel";
import { Empty, Failed, Loading } from "@/ui/states";
import { BalanceTable } from "./balance-table";
import { KeyPanel } from "./key-panel";
import { LiveForm } from "./live-form";
import { PaperForm } from "./paper-form";

export function AccountsScreen() {
  const t = useTranslations("accounts");
  const accounts = useAccounts();
  const [adding, setAdding] = useState(false);
  const live = useTranslations("live_account");
  const [connecting, setConnecting] = useState(false);
  const add = (
    <Button look="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden="true" className="size-4" /> {t("add")}
    </Button>
  );
  return (
    <>
      <PageHead title={t("title")} hint={t("hint")}>
        <Button onClick={() => setConnecting(true)}>
          <KeyRound aria-hidden="true" className="size-4" /> {live("add")}
        </Button>
        {add}
      </PageHead>
      {accounts.isPending ? <Loading /> : null}
      {accounts.isError && !accounts.data ? <Failed error={accounts.error} retry={() => void accounts.refetch()} /> : null}
      {accounts.data?.items.length === 0 ? (
        <Panel>
          <Empty title={t("emptyTitle")}>{t("emptyText")}</Empty>
        </Panel>
      ) : null}
      <div className="grid items-start gap-3 lg:grid-cols-2 2xl:grid-cols-3">
        {accounts.data?.items.map((account) => (
          <AccountCard key={account.id} account={account} />
        ))}
      </div>
      <Dialog open={adding} onClose={() => setAdding(false)} title={t("add")} description={t("hint")}>
        <PaperForm onDone={() => setAdding(false)} />
      </Dialog>
      <Dialog open={connecting} onClose={() => setConnecting(false)} title={live("add")} description={live("text")}>
        <LiveForm onDone={() => setConnecting(false)} />
      </Dialog>
    </>
  );
}

function AccountCard({ account }: { account: Account }) {
  const t = useTranslations("accounts");
  return (
    <Panel
      flush
      title={
        <span className="flex flex-wrap items-center gap-2">
          {account.label} <ModeBadge exchange={account.exchange} market={account.market} />
        </span>
      }
      actions={<CloseAccount account={account} />}
    >
      <BalanceTable label={t("balances", { label: account.label })} balances={account.balances ?? []} />
      {account.paper ? null : <KeyPanel account={account} />}
      <div className="flex items-center gap-2 border-t border-line px-3 py-2 text-xs text-muted">
        <span>{t("since", { date: formatDateTime(account.created_at) })}</span>
        {account.market === "replay" || (account.speed ?? 1) > 1 ? <span className="num">· {account.speed} {t("speedUnit")}</span> : null}
        <span className="ml-auto">
          <ButtonLink href={`/bots/new/?account=${account.id}`} small>
            {t("startBot")}
          </ButtonLink>
        </span>
      </div>
    </Panel>
  );
}

function CloseAccount({ account }: { account: Account }) {
  const t = useTranslations("accounts");
  const action = useTranslations("action");
  const text = useErrorText();
  const remove = useDeleteAccount();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button small look="quiet" aria-label={`${t("delete")}: ${account.label}`} onClick={() => setAsking(true)}>
        <Trash2 aria-hidden="true" className="size-3.5" />
      </Button>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`${t("delete")}: ${account.label}`}
        description={t(account.paper ? "deleteText" : "deleteLiveText")}
        footer={
          <>
            <Button onClick={() => setAsking(false)}>{action("cancel")}</Button>
            <Button
              look="danger"
              busy={remove.isPending}
              onClick={() =>
                remove.mutate(account.id, {
                  onSuccess: () => toast.success(t("deleted")),
                  onError: (error) => toast.error(text(error)),
                })
              }
            >
              {t("delete")}
            </Button>
          </>
        }
      >
        <BalanceTable label={t("balances", { label: account.label })} balances={account.balances ?? []} />
      </Dialog>
    </>
  );
}
