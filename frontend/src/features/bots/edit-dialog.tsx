"use client";
/** Settings of a bot that exists. A draft takes them as they are; a running bot first says when each change takes effect. */
import { useMemo, useState } from "react";
import { FormProvider, useForm, useWatch } from "react-hook-form";
import { useTranslations } from "use-intl";
import { ApiError } from "@/api/client";
import { useCheckEdit, useEditBot, type Changes } from "@/api/queries/bot-edits";
import { useStrategies } from "@/api/queries/market";
import type { Bot, EditEffect } from "@/api/types";
import { unitText } from "@/features/new-bot/units";
import { layout, relevant } from "@/features/new-bot/layout";
import { changesOf, configOf, valuesOf, type Values } from "@/forms/config";
import { FormSurroundingsContext, SchemaFields, type FormSurroundings } from "@/forms/schema-fields";
import { fieldsOf, type FieldSpec, type Json } from "@/forms/spec";
import { FormWords } from "@/i18n/form-words";
import { useCodeText, useErrorText } from "@/lib/errors";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Loading } from "@/ui/states";
import { toast } from "@/ui/toast";

type Props = { bot: Bot; onClose: () => void };

export default function EditDialog(props: Props) {
  const strategies = useStrategies();
  const schema = strategies.data?.items.find((one) => one.name === props.bot.strategy)?.json_schema;
  const fields = useMemo(() => (schema ? fieldsOf(schema as Json) : null), [schema]);
  return <FormWords>{fields ? <EditForm {...props} fields={editable(fields, props.bot)} /> : <Loading />}</FormWords>;
}

/** What can never change while a bot runs is not offered. */
function editable(fields: FieldSpec[], bot: Bot): FieldSpec[] {
  return bot.status === "draft" ? fields : fields.filter((field) => field.effect !== "never");
}

function EditForm({ bot, fields, onClose }: Props & { fields: FieldSpec[] }) {
  const t = useTranslations("edit");
  const action = useTranslations("action");
  const words = useTranslations("newBot");
  const draft = bot.status === "draft";
  const before = bot.config as Values;
  const form = useForm<Values>({ defaultValues: valuesOf(fields, before) });
  const values = useWatch({ control: form.control }) as Values;
  const [name, setName] = useState(bot.name);
  const shown = useMemo(() => relevant(fields, values), [fields, values]);
  const { config, issues } = useMemo(() => configOf(shown, values), [shown, values]);
  const changes = useMemo<Changes>(
    () => ({ config: changesOf(shown, before, config), ...(name.trim() && name.trim() !== bot.name ? { name: name.trim() } : {}) }),
    [shown, before, config, name, bot.name],
  );
  const check = useCheckEdit(bot.id);
  const save = useEditBot(bot.id, draft);
  const failed = check.error ?? save.error;
  const surroundings = useSurroundings(issues, failed, bot.symbol);
  const { first, groups } = layout(bot.strategy, shown);
  const [checked, setChecked] = useState<{ of: string; effects: EditEffect[] } | null>(null);
  const stamp = JSON.stringify(changes);
  const effects = checked?.of === stamp ? checked.effects : null;
  const changed = changes.name !== undefined || Object.keys(changes.config).length > 0;
  const ready = changed && issues.length === 0;

  const look = () => check.mutate(changes, { onSuccess: (answer) => setChecked({ of: stamp, effects: answer.effects }) });
  const send = () =>
    save.mutate(
      { ...changes, full: config },
      {
        onSuccess: () => {
          toast.success(t(draft ? "saved" : "sent"));
          onClose();
        },
      },
    );
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("title", { name: bot.name })}
      description={t(draft ? "draftText" : "text")}
      footer={
        <>
          <Button onClick={onClose}>{action("cancel")}</Button>
          {draft || effects ? (
            <Button look="primary" disabled={!ready} busy={save.isPending} onClick={send}>
              {t("save")}
            </Button>
          ) : (
            <Button look="primary" disabled={!ready} busy={check.isPending} onClick={look}>
              {t("check")}
            </Button>
          )}
        </>
      }
    >
      <FormSurroundingsContext value={surroundings}>
        <FormProvider {...form}>
          <div className="space-y-3">
            <TextField label={words("name")} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
            <SchemaFields fields={first} />
            {groups.map(({ group, fields: some }) => (
              <Group key={group} group={group} fields={some} />
            ))}
          </div>
        </FormProvider>
      </FormSurroundingsContext>
      {effects ? <Effects effects={effects} renamed={changes.name !== undefined} /> : null}
      {failed ? <Refused error={failed} /> : null}
    </Dialog>
  );
}

function Group({ group, fields }: { group: ReturnType<typeof layout>["groups"][number]["group"]; fields: FieldSpec[] }) {
  const title = useTranslations("group");
  return (
    <details className="border-t border-line pt-2">
      <summary className="mb-2 text-[13px] font-medium">{title(group)}</summary>
      <SchemaFields fields={fields} />
    </details>
  );
}

function Effects({ effects, renamed }: { effects: EditEffect[]; renamed: boolean }) {
  const t = useTranslations("edit");
  const field = useTranslations("field");
  return (
    <div role="status" className="mt-3 rounded-md border border-line bg-bg p-3 text-[13px]">
      <p className="mb-1 font-medium">{t("effects")}</p>
      <ul className="space-y-1">
        {renamed ? <li className="flex justify-between gap-3">{t("renamed")} <Badge tone="positive">{t("now")}</Badge></li> : null}
        {effects.map((effect) => (
          <li key={effect.field} className="flex justify-between gap-3">
            {field.has(effect.field as never) ? field(effect.field as never) : effect.field.replace(/_/g, " ")}
            <Badge tone={effect.effective === "now" ? "positive" : "warn"}>{t(effect.effective)}</Badge>
          </li>
        ))}
      </ul>
      {effects.some((effect) => effect.effective === "restart") ? <p className="mt-2 text-xs text-muted">{t("restartText")}</p> : null}
    </div>
  );
}

function Refused({ error }: { error: unknown }) {
  const text = useErrorText();
  return (
    <p role="alert" className="mt-3 rounded-md bg-negative-soft px-3 py-2 text-xs text-negative">
      {text(error)}
    </p>
  );
}

function useSurroundings(issues: ReturnType<typeof configOf>["issues"], failed: unknown, symbol: string): FormSurroundings {
  const say = useCodeText();
  return useMemo(() => {
    const findings = failed instanceof ApiError ? failed.findings : [];
    return {
      errorAt: (path) => {
        const own = issues.find((issue) => issue.path === path);
        const theirs = findings.find((finding) => (finding.field ?? "").replace(/^(body\.)?(config\.)?/, "") === path);
        const found = own ?? theirs;
        return found ? say(found.code, found.params) : null;
      },
      unit: (unit) => unitText(unit, symbol),
      picking: null,
      pick: null,
    };
  }, [issues, failed, say, symbol]);
}
