"use client";
import { useId, useState, type FormEvent } from "react";
import { useTranslations } from "use-intl";
import { FormWords } from "@/i18n/form-words";
import { useAuth } from "@/auth/provider";
import { useErrorText } from "@/lib/errors";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Mark } from "./mark";

const SHORTEST = 8;

export default function SignIn() {
  return (
    <FormWords>
      <SignInForm />
    </FormWords>
  );
}

function SignInForm() {
  const t = useTranslations("signIn");
  const { kind, signIn, signUp } = useAuth();
  const [mode, setMode] = useState<"in" | "up">("in");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const text = useErrorText();
  const heading = useId();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await (mode === "in" ? signIn : signUp)(String(form.get("email") ?? ""), String(form.get("password") ?? ""));
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <section aria-labelledby={heading} className="w-full max-w-sm rounded-xl border border-line bg-panel p-6">
        <div className="mb-5 flex items-center gap-3">
          <Mark />
          <div>
            <h1 id={heading} className="text-lg leading-tight font-semibold">
              {t(mode === "in" ? "title" : "titleUp")}
            </h1>
            <p className="text-xs text-muted">{t("tagline")}</p>
          </div>
        </div>
        <form onSubmit={submit} className="space-y-3">
          {kind === "local" ? (
            <>
              <TextField label={t("email")} name="email" type="email" autoComplete="username" required />
              <TextField
                label={t("password")}
                name="password"
                type="password"
                required
                minLength={mode === "up" ? SHORTEST : undefined}
                autoComplete={mode === "in" ? "current-password" : "new-password"}
                help={mode === "up" ? t("passwordHelp", { count: SHORTEST }) : undefined}
              />
            </>
          ) : null}
          {error ? (
            <p role="alert" className="rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
              {text(error)}
            </p>
          ) : null}
          <Button type="submit" look="primary" className="w-full" busy={busy}>
            {t(kind === "msal" ? "withMicrosoft" : mode === "in" ? "enter" : "create")}
          </Button>
        </form>
        {kind === "local" ? (
          <p className="mt-4 text-center text-xs text-muted">
            {t(mode === "in" ? "noAccount" : "haveAccount")}{" "}
            <button
              type="button"
              className="font-medium text-accent underline-offset-2 hover:underline"
              onClick={() => {
                setMode(mode === "in" ? "up" : "in");
                setError(null);
              }}
            >
              {t(mode === "in" ? "toSignUp" : "toSignIn")}
            </button>
          </p>
        ) : null}
      </section>
    </main>
  );
}
