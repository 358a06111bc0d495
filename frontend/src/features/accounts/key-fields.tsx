"use client";
import { useTranslations } from "use-intl";
import type { Credentials } from "@/api/types";
import { TextField } from "@/ui/field";

/** The parts of an API key; kept in no state, read once from the form. */
export function KeyFields() {
  const t = useTranslations("live_account");
  return (
    <>
      <TextField label={t("apiKey")} name="api_key" type="password" required minLength={8} maxLength={300} autoComplete="off" />
      <TextField label={t("secret")} name="secret" type="password" required minLength={8} maxLength={4000} autoComplete="off" />
      <TextField label={t("passphrase")} help={t("passphraseHelp")} name="passphrase" type="password" maxLength={300} autoComplete="off" />
    </>
  );
}

export function credentialsOf(form: FormData): Credentials {
  const say = (name: string) => String(form.get(name) ?? "").trim();
  return { api_key: say("api_key"), secret: say("secret"), password: say("passphrase") || null };
}
