"use client";
import { useTranslations } from "use-intl";
import { ButtonLink } from "@/ui/button";
import { Empty } from "@/ui/states";

export default function NotFound() {
  const t = useTranslations("notFound");
  return (
    <Empty page title={t("title")}>
      <ButtonLink href="/" small>
        {t("home")}
      </ButtonLink>
    </Empty>
  );
}
