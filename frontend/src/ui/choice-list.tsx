"use client";
import { useId, type ReactNode } from "react";
import { cx } from "@/lib/cx";

export type Choice<T extends string> = { value: T; title: string; text: ReactNode; disabled?: boolean };

/** One of a few, each with its consequence in words. */
export function ChoiceList<T extends string>({ label, choices, value, onChange }: { label: string; choices: Choice<T>[]; value: T; onChange: (value: T) => void }) {
  const name = useId();
  return (
    <fieldset className="space-y-2">
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        // eslint-disable-next-line jsx-a11y/label-has-associated-control -- the title inside is the text; the rule cannot look through an expression
        <label
          key={choice.value}
          className={cx(
            "flex cursor-pointer gap-3 rounded-md border p-3 has-focus-visible:outline-2 has-focus-visible:outline-accent has-disabled:cursor-not-allowed has-disabled:opacity-50",
            value === choice.value ? "border-accent bg-accent-soft" : "border-line hover:bg-hover",
          )}
        >
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={value === choice.value}
            disabled={choice.disabled}
            onChange={() => onChange(choice.value)}
            className="mt-0.5 accent-[var(--accent-solid)]"
          />
          <span className="min-w-0">
            <span className="block text-sm font-medium">{choice.title}</span>
            <span className="mt-0.5 block text-xs leading-snug text-muted">{choice.text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
