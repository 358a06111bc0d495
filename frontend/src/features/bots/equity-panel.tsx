"use client";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useEquity } from "@/api/queries/bots";
import type { Bot } from "@/api/types";
import { EquityChart } from "@/charts/lazy";
import { Empty, Failed, Loading } from "@/ui/states";

export function EquityPanel({ bot }: { bot: Bot }) {
  const t = useTranslations("bot");
  const overview = useTranslations("overview");
  const equity = useEquity(bot.id);
  const points = useMemo(() => (equity.data?.items ?? []).map(({ at, total }) => ({ at, value: total })).reverse(), [equity.data]);
  if (equity.isPending) return <Loading />;
  if (equity.isError && !equity.data) return <Failed error={equity.error} retry={() => void equity.refetch()} />;
  if (points.length < 2) return <Empty title={t("noEquity")} />;
  return <EquityChart label={overview("equityTitle", { name: bot.name })} points={points} height={320} drawdown />;
}
