"use client";
import { useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { useAuth } from "@/auth/provider";
import { FormWords } from "@/i18n/form-words";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";

export default function ProveDialog({ onDone }: { onDone: (done: boolean) => void }) {
  return (
    <FormWords>
      <Prove onDone={onDone} />
    </FormWords>
  );
}

function Prove({ onDone }: { onDone: (done: boolean) => void }) {
  const t = useTranslations("signIn");
  const { kind, prove, state } = useAuth();
  const text = useErrorText();
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    event.stopPropagation();
    setBusy(true);
    setError(null);
    try {
      onDone(await prove(password));
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }
  return (
    <Dialog open onClose={() => onDone(false)} title={t("proveTitle")} description={t("proveText")}>
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        {kind === "local" ? (
          <>
            {/* Named for password stores; it cannot be changed here. */}
            <TextField label={t("email")} type="email" autoComplete="username" readOnly value={state.phase === "in" ? state.user.email : ""} />
            <TextField label={t("password")} type="password" autoComplete="current-password" required value={password} error={error ? text(error) : undefined} onChange={(event) => setPassword(event.target.value)} />
          </>
        ) : null}
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={busy} disabled={kind === "local" && !password}>
            {t(kind === "msal" ? "withMicrosoft" : "prove")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
