"use client";
/** Every shortcut there is. */
import { useTranslations } from "use-intl";
import { FormWords } from "@/i18n/form-words";
import { Dialog } from "@/ui/dialog";
import { PLACES } from "./places";

export default function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <FormWords>
      <Sheet onClose={onClose} />
    </FormWords>
  );
}

function Sheet({ onClose }: { onClose: () => void }) {
  const t = useTranslations("keys");
  const nav = useTranslations("nav");
  const rows: [string, readonly string[]][] = [
    [t("find"), ["⌘ K", "Ctrl K"]],
    [t("search"), ["/"]],
    [t("this"), ["?"]],
    [t("close"), ["Esc"]],
    ...PLACES.map(({ name, key }): [string, readonly string[]] => [nav(name), [`g ${key}`]]),
  ];
  return (
    <Dialog open onClose={onClose} title={t("title")} description={t("text")}>
      <dl className="grid gap-x-6 sm:grid-cols-2">
        {rows.map(([name, combinations]) => (
          <div key={name} className="flex items-center justify-between gap-3 border-b border-line py-1.5 text-[13px]">
            <dt>{name}</dt>
            <dd className="flex gap-1.5">
              {combinations.map((one) => (
                <kbd key={one} className="rounded border border-line-strong bg-bg px-1.5 py-0.5 font-sans text-[11px]">
                  {one}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
