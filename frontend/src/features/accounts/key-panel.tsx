"use client";
/** What is known of a live account's key, and what can be done about it. */
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useRotateKey, useVerifyAccount } from "@/api/queries/accounts";
import type { Account } from "@/api/types";
import { useCodeText, useErrorText } from "@/lib/errors";
import { formatDateTime } from "@/lib/time";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Stat } from "@/ui/figure";
import { toast } from "@/ui/toast";
import { credentialsOf, KeyFields } from "./key-fields";

const SAFE = 80;

export function KeyPanel({ account }: { account: Account }) {
  const t = useTranslations("live_account");
  const say = useCodeText();
  const text = useErrorText();
  const verify = useVerifyAccount(account.id);
  const [rotating, setRotating] = useState(false);
  const score = account.key_score ?? null;
  return (
    <div className="space-y-3 border-t border-line p-3">
      {account.key_problem ? (
        <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
          {say(account.key_problem, {})}
        </p>
      ) : null}
      <dl className="grid grid-cols-2 gap-3">
        <Stat label={t("key")}>{account.key_hint ? `…${account.key_hint}` : "–"}</Stat>
        <Stat label={t("score")}>{score === null ? "–" : <Badge tone={score >= SAFE ? "positive" : "warn"}>{t("scoreOf", { score })}</Badge>}</Stat>
        <Stat label={t("ip")}>{account.key_ip_restricted === null || account.key_ip_restricted === undefined ? "–" : t(account.key_ip_restricted ? "ipYes" : "ipNo")}</Stat>
        <Stat label={t("verified")}>{account.verified_at ? formatDateTime(account.verified_at) : "–"}</Stat>
      </dl>
      <div className="flex flex-wrap gap-2">
        <Button small busy={verify.isPending} onClick={() => verify.mutate(undefined, { onSuccess: () => toast.success(t("checked")), onError: (error) => toast.error(text(error)) })}>
          {t("verify")}
        </Button>
        <Button small onClick={() => setRotating(true)}>
          {t("rotate")}
        </Button>
      </div>
      {rotating ? <RotateDialog account={account} onClose={() => setRotating(false)} /> : null}
    </div>
  );
}

function RotateDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const t = useTranslations("live_account");
  const text = useErrorText();
  const rotate = useRotateKey(account.id);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    rotate.mutate(credentialsOf(new FormData(event.currentTarget)), {
      onSuccess: () => {
        toast.success(t("rotated"));
        onClose();
      },
    });
  }
  return (
    <Dialog open onClose={onClose} title={t("rotate")} description={t("rotateText")}>
      <form onSubmit={submit} className="space-y-3" autoComplete="off">
        <KeyFields />
        {rotate.error ? (
          <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
            {text(rotate.error)}
          </p>
        ) : null}
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={rotate.isPending}>
            {t("rotate")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
