"use client";
import { useTranslations } from "use-intl";
import { useMe } from "@/api/queries/me";
import { changeSettings, useSettings, type Settings } from "@/lib/settings";
import { late } from "@/lib/late";
import { ButtonLink } from "@/ui/button";
import { SelectField } from "@/ui/field";
import { Stat } from "@/ui/figure";
import { PageHead, Panel } from "@/ui/panel";
import { Failed, Loading } from "@/ui/states";

const SharesPanel = late(() => import("@/features/sharing/shares-panel"));

export function SettingsScreen() {
  const t = useTranslations("settings");
  const settings = useSettings();
  const set = (name: keyof Settings) => (event: { target: { value: string } }) => changeSettings({ [name]: event.target.value } as Partial<Settings>);
  return (
    <>
      <PageHead title={t("title")} hint={t("hint")} />
      <div className="grid max-w-4xl gap-3 md:grid-cols-2">
        <Panel title={t("looks")}>
          <div className="space-y-3">
            <SelectField label={t("theme")} value={settings.theme} onChange={set("theme")}>
              <option value="dark">{t("dark")}</option>
              <option value="light">{t("light")}</option>
              <option value="system">{t("system")}</option>
            </SelectField>
            <SelectField label={t("palette")} value={settings.palette} onChange={set("palette")}>
              <option value="green-up">{t("greenUp")}</option>
              <option value="blue-orange">{t("blueOrange")}</option>
            </SelectField>
            <SelectField label={t("zone")} value={settings.zone} onChange={set("zone")}>
              <option value="local">{t("local", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</option>
              <option value="UTC">{t("utc")}</option>
            </SelectField>
          </div>
        </Panel>
        <Panel title={t("notifications")}>
          <p className="mb-3 text-xs text-muted">{t("notificationsText")}</p>
          <ButtonLink href="/notifications/" small>
            {t("toNotifications")}
          </ButtonLink>
        </Panel>
        <Panel title={t("ledger")}>
          <p className="mb-3 text-xs text-muted">{t("ledgerText")}</p>
          <ButtonLink href="/exports/" small>
            {t("toExports")}
          </ButtonLink>
        </Panel>
        <Panel title={t("account")}>
          <You />
        </Panel>
        <SharesPanel />
      </div>
    </>
  );
}

function You() {
  const t = useTranslations("settings");
  const me = useMe();
  if (me.isPending) return <Loading rows={2} />;
  if (!me.data) return <Failed error={me.error} retry={() => void me.refetch()} />;
  return (
    <dl className="space-y-3">
      {me.data.email ? <Stat label={t("email")}>{me.data.email}</Stat> : null}
      <Stat label={t("userId")}>
        <span className="text-xs font-normal break-all whitespace-normal">{me.data.user_id}</span>
      </Stat>
      <Stat label={t("limit")}>{t("limitText", { bots: me.data.bots ?? 0, limit: me.data.bots_limit })}</Stat>
    </dl>
  );
}
