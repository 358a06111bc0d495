"use client";
/** Draws the fields of a spec: one control per kind, nested where the schema nests. */
import { Crosshair, Plus, X } from "lucide-react";
import { createContext, useContext } from "react";
import { useFieldArray, useFormContext, useWatch } from "react-hook-form";
import { useTranslations } from "use-intl";
import { cx } from "@/lib/cx";
import { Button, IconButton } from "@/ui/button";
import { zoneName } from "@/lib/time";
import { CheckField, SelectField, TextField } from "@/ui/field";
import { defaultsOf } from "./config";
import { useOptionText } from "./option-text";
import type { FieldSpec } from "./spec";

export type FormSurroundings = {
  errorAt: (path: string) => string | null;
  unit: (unit: string | undefined) => string;
  /** A price can be taken from the chart; the path that waits for a click. */
  picking: string | null;
  /** Null where there is no chart to take it from. */
  pick: ((path: string | null) => void) | null;
};

export const FormSurroundingsContext = createContext<FormSurroundings>({ errorAt: () => null, unit: (unit) => unit ?? "", picking: null, pick: null });

type Props = { field: FieldSpec; prefix?: string; wide?: boolean };

export function SchemaField({ field, prefix = "" }: Props) {
  switch (field.kind) {
    case "switch":
      return <SwitchControl field={field} prefix={prefix} />;
    case "choice":
      return <ChoiceControl field={field} prefix={prefix} />;
    case "list":
      return <ListControl field={field} prefix={prefix} />;
    case "variant":
      return <VariantControl field={field} prefix={prefix} />;
    case "group":
      return <GroupControl field={field} prefix={prefix} />;
    default:
      return <TextControl field={field} prefix={prefix} />;
  }
}

export function SchemaFields({ fields, prefix = "", className }: { fields: FieldSpec[]; prefix?: string; className?: string }) {
  return (
    <div className={cx("grid grid-cols-2 gap-x-3 gap-y-3", className)}>
      {fields.map((field) => (
        <div key={field.name} className={cx("min-w-0", isWide(field) && "col-span-2")}>
          <SchemaField field={field} prefix={prefix} />
        </div>
      ))}
    </div>
  );
}

function isWide(field: FieldSpec): boolean {
  return field.kind === "list" || field.kind === "variant" || field.kind === "group";
}

/** A field's own words: known names have theirs, new ones are shown as they are spelled. */
function useWords(field: FieldSpec): { label: string; help: string | undefined } {
  const t = useTranslations("field");
  const help = useTranslations("fieldHelp");
  return {
    label: t.has(field.name as never) ? t(field.name as never) : field.name.replace(/_pct$/, "").replace(/_/g, " "),
    help: help.has(field.name as never) ? help(field.name as never, { zone: zoneName() } as never) : field.help,
  };
}

function TextControl({ field, prefix = "" }: Props) {
  const { register } = useFormContext();
  const t = useTranslations("newBot");
  const { errorAt, unit, picking, pick } = useContext(FormSurroundingsContext);
  const { label, help } = useWords(field);
  const path = prefix + field.name;
  const { ref, ...input } = register(path);
  const isPrice = field.unit === "price";
  return (
    <div className="relative">
      <TextField
        {...input}
        inputRef={ref}
        label={label}
        help={help}
        required={field.required}
        error={errorAt(path)}
        unit={field.kind === "moment" ? undefined : unit(field.unit)}
        placeholder={field.required ? undefined : t("optional")}
        type={field.kind === "moment" ? "datetime-local" : undefined}
        inputMode={field.kind === "whole" ? "numeric" : field.kind === "decimal" ? "decimal" : undefined}
        autoComplete="off"
      />
      {isPrice && pick ? (
        <button
          type="button"
          aria-label={`${t("pick")}: ${label}`}
          aria-pressed={picking === path}
          title={t("pick")}
          onClick={() => pick(picking === path ? null : path)}
          className={cx("absolute -top-1 right-0 grid size-6 place-items-center rounded hover:text-accent", picking === path ? "text-accent" : "text-muted")}
        >
          <Crosshair aria-hidden="true" className="size-3.5" />
        </button>
      ) : null}
    </div>
  );
}

function SwitchControl({ field, prefix = "" }: Props) {
  const { register } = useFormContext();
  const { label, help } = useWords(field);
  const t = useTranslations("newBot");
  const path = prefix + field.name;
  const { ref, ...input } = register(path);
  if (field.kind === "switch" && field.nullable) {
    return (
      <SelectField {...input} selectRef={ref} label={label} help={help}>
        <option value="">{t("optional")}</option>
        <option value="true">{t("yes")}</option>
        <option value="false">{t("no")}</option>
      </SelectField>
    );
  }
  return <CheckField {...input} inputRef={ref} label={label} help={help} />;
}

function ChoiceControl({ field, prefix = "" }: Props) {
  const { register } = useFormContext();
  const { errorAt } = useContext(FormSurroundingsContext);
  const { label, help } = useWords(field);
  const t = useTranslations("newBot");
  const option = useOptionText();
  const path = prefix + field.name;
  const { ref, ...input } = register(path);
  if (field.kind !== "choice") return null;
  const open = field.nullable || field.required;
  return (
    <SelectField {...input} selectRef={ref} label={label} help={help} required={field.required} error={errorAt(path)}>
      {open ? <option value="">{t("optional")}</option> : null}
      {field.options.map((name) => (
        <option key={name} value={name}>
          {option(name, field.name)}
        </option>
      ))}
    </SelectField>
  );
}

function ListControl({ field, prefix = "" }: Props) {
  const { control } = useFormContext();
  const t = useTranslations("newBot");
  const { errorAt } = useContext(FormSurroundingsContext);
  const { label, help } = useWords(field);
  const path = prefix + field.name;
  const { fields: rows, append, remove } = useFieldArray({ control, name: path });
  if (field.kind !== "list") return null;
  const error = errorAt(path);
  return (
    <fieldset className="rounded-md border border-line p-3">
      <legend className="px-1 text-xs font-medium text-muted">{label}</legend>
      {help ? <p className="mb-2 text-[11px] text-muted">{help}</p> : null}
      <ul className="space-y-3">
        {rows.map((row, index) => (
          <li key={row.id} className="flex items-start gap-2" aria-label={t("row", { row: index + 1 })}>
            <SchemaFields fields={field.item} prefix={`${path}.${index}.`} className="flex-1" />
            <IconButton label={t("remove", { row: index + 1 })} className="mt-5" onClick={() => remove(index)}>
              <X aria-hidden="true" className="size-4" />
            </IconButton>
          </li>
        ))}
      </ul>
      {error ? <p className="mt-1 text-xs text-negative">{error}</p> : null}
      <Button small className="mt-2" disabled={field.most !== undefined && rows.length >= field.most} onClick={() => append(defaultsOf(field.item))}>
        <Plus aria-hidden="true" className="size-3.5" /> {t("add")}
      </Button>
    </fieldset>
  );
}

function VariantControl({ field, prefix = "" }: Props) {
  const { register, control } = useFormContext();
  const { errorAt } = useContext(FormSurroundingsContext);
  const { label, help } = useWords(field);
  const t = useTranslations("newBot");
  const option = useOptionText();
  const path = prefix + field.name;
  const tag = field.kind === "variant" ? field.tag : "type";
  const chosen = useWatch({ control, name: `${path}.${tag}` }) as string;
  if (field.kind !== "variant") return null;
  const { ref, ...input } = register(`${path}.${tag}`);
  const branch = field.variants.find((one) => one.value === chosen);
  return (
    <div className="space-y-3">
      <SelectField {...input} selectRef={ref} label={label} help={help} error={errorAt(path)}>
        {field.nullable ? <option value="">{t("optional")}</option> : null}
        {field.variants.map(({ value }) => (
          <option key={value} value={value}>
            {option(value, field.name)}
          </option>
        ))}
      </SelectField>
      {branch && branch.fields.length > 0 ? (
        <div className="border-l-2 border-line pl-3">
          <SchemaFields fields={branch.fields} prefix={`${path}.`} />
        </div>
      ) : null}
    </div>
  );
}

function GroupControl({ field, prefix = "" }: Props) {
  const { register, control } = useFormContext();
  const { label, help } = useWords(field);
  const path = prefix + field.name;
  const on = useWatch({ control, name: `${path}.$on` }) as boolean;
  if (field.kind !== "group") return null;
  const { ref, ...input } = register(`${path}.$on`);
  return (
    <div className="space-y-2">
      {field.nullable ? <CheckField {...input} inputRef={ref} label={label} help={help} /> : <p className="text-xs font-medium text-muted">{label}</p>}
      {on ? (
        <div className="border-l-2 border-line pl-3">
          <SchemaFields fields={field.fields} prefix={`${path}.`} />
        </div>
      ) : null}
    </div>
  );
}
