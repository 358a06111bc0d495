"use client";
import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes } from "react";
import { cx } from "@/lib/cx";

type Common = { label: ReactNode; help?: ReactNode; error?: ReactNode; unit?: ReactNode; required?: boolean; className?: string };

function Frame({ id, label, help, error, required, className, children }: Common & { id: string; children: ReactNode }) {
  return (
    <div className={cx("min-w-0", className)}>
      <label htmlFor={id} className="mb-1 flex items-baseline gap-1 text-xs font-medium text-muted">
        {label}
        {required ? <span aria-hidden="true">*</span> : null}
      </label>
      {children}
      {error ? (
        <p id={`${id}-error`} className="mt-1 text-xs text-negative">
          {error}
        </p>
      ) : null}
      {help ? (
        <p id={`${id}-help`} className="mt-1 text-[11px] leading-snug text-muted">
          {help}
        </p>
      ) : null}
    </div>
  );
}

function describedBy(id: string, error: ReactNode, help: ReactNode): string | undefined {
  return [error ? `${id}-error` : "", help ? `${id}-help` : ""].filter(Boolean).join(" ") || undefined;
}

const BOX = "h-9 w-full min-w-0 rounded-md border bg-bg px-2.5 text-sm text-text placeholder:text-muted/70";

type InputProps = Common & Omit<InputHTMLAttributes<HTMLInputElement>, "id"> & { inputRef?: Ref<HTMLInputElement> };

export function TextField({ label, help, error, unit, required, className, inputRef, ...rest }: InputProps) {
  const id = useId();
  return (
    <Frame id={id} label={label} help={help} error={error} required={required} className={className}>
      <div className="relative">
        <input
          id={id}
          ref={inputRef}
          required={required}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy(id, error, help)}
          className={cx(BOX, error ? "border-negative" : "border-line-strong", Boolean(unit) && "pr-16")}
          {...rest}
        />
        {unit ? (
          <span className="pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-xs text-muted">{unit}</span>
        ) : null}
      </div>
    </Frame>
  );
}

type SelectProps = Common & Omit<SelectHTMLAttributes<HTMLSelectElement>, "id"> & { selectRef?: Ref<HTMLSelectElement> };

export function SelectField({ label, help, error, required, className, selectRef, children, ...rest }: SelectProps) {
  const id = useId();
  return (
    <Frame id={id} label={label} help={help} error={error} required={required} className={className}>
      <select
        id={id}
        ref={selectRef}
        required={required}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(id, error, help)}
        className={cx(BOX, error ? "border-negative" : "border-line-strong")}
        {...rest}
      >
        {children}
      </select>
    </Frame>
  );
}

export function CheckField({ label, help, className, inputRef, ...rest }: InputProps) {
  const id = useId();
  return (
    <div className={cx("min-w-0", className)}>
      <label htmlFor={id} className="flex min-h-9 items-center gap-2 text-sm">
        <input
          id={id}
          ref={inputRef}
          type="checkbox"
          aria-describedby={help ? `${id}-help` : undefined}
          className="size-4 shrink-0 accent-[var(--accent-solid)]"
          {...rest}
        />
        {label}
      </label>
      {help ? (
        <p id={`${id}-help`} className="text-[11px] leading-snug text-muted">
          {help}
        </p>
      ) : null}
    </div>
  );
}
