"use client";
/** ⌘K: every place and every bot by a few letters. Its code arrives with the first ⌘K. */
import { Search } from "lucide-react";
import { Dialog } from "radix-ui";
import { useId, useMemo, useState, type KeyboardEvent } from "react";
import { useTranslations } from "use-intl";
import { useBots } from "@/api/queries/bots";
import { FormWords } from "@/i18n/form-words";
import { cx } from "@/lib/cx";
import { useNav } from "@/lib/nav";
import { PLACES } from "./places";

const MOST = 12;

type Entry = { id: string; title: string; hint: string; href: string };

export default function Palette({ onClose }: { onClose: () => void }) {
  return (
    <FormWords>
      <Open onClose={onClose} />
    </FormWords>
  );
}

function Open({ onClose }: { onClose: () => void }) {
  const t = useTranslations("palette");
  const nav = useNav();
  const id = useId();
  const entries = useEntries();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const shown = useMemo(() => matching(entries, text), [entries, text]);
  const active = shown[Math.min(at, shown.length - 1)];
  const go = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    nav.go(entry.href);
  };

  function onKey(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((now) => (Math.min(now, shown.length - 1) + step + shown.length) % Math.max(1, shown.length));
    else if (event.key === "Enter") go(active);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/60" />
        <Dialog.Content aria-describedby={undefined} className="fixed inset-x-3 top-[12dvh] z-50 mx-auto max-w-lg overflow-hidden rounded-xl border border-line-strong bg-panel shadow-pop">
          <Dialog.Title className="sr-only">{t("title")}</Dialog.Title>
          <div className="flex items-center gap-2.5 border-b border-line px-4">
            <Search aria-hidden="true" className="size-4 text-muted" />
            <input
              role="combobox"
              aria-label={t("search")}
              aria-expanded={shown.length > 0}
              aria-controls={`${id}-list`}
              aria-activedescendant={active ? `${id}-${active.id}` : undefined}
              className="h-12 min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-muted"
              placeholder={t("search")}
              value={text}
              onKeyDown={onKey}
              onChange={(event) => {
                setText(event.target.value);
                setAt(0);
              }}
            />
          </div>
          <ul id={`${id}-list`} role="listbox" aria-label={t("title")} className="max-h-80 overflow-auto p-1.5">
            {shown.map((entry, index) => (
              // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the keys are the input's, which keeps the focus
              <li
                key={entry.id}
                id={`${id}-${entry.id}`}
                role="option"
                aria-selected={entry === active}
                onClick={() => go(entry)}
                onPointerMove={() => setAt(index)}
                className={cx("flex cursor-pointer items-center gap-3 rounded-md px-3 py-2 text-[13px]", entry === active && "bg-accent-soft")}
              >
                <span className="min-w-0 truncate font-medium">{entry.title}</span>
                <span className={cx("ml-auto shrink-0 text-xs", entry === active ? "text-text" : "text-muted")}>{entry.hint}</span>
              </li>
            ))}
          </ul>
          <p role="status" className={cx("px-4 text-xs text-muted", shown.length === 0 && "pb-4")}>
            {shown.length === 0 ? t("none") : null}
          </p>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function useEntries(): Entry[] {
  const t = useTranslations("palette");
  const nav = useTranslations("nav");
  const status = useTranslations("status");
  const bots = useBots();
  return useMemo(
    () => [
      ...PLACES.map(({ href, name }) => ({ id: `place-${name}`, title: nav(name), hint: t("place"), href })),
      ...(bots.data?.items ?? []).map((bot) => ({ id: bot.id, title: bot.name, hint: `${bot.symbol} · ${status(bot.status)}`, href: `/bots/?id=${bot.id}` })),
    ],
    [t, nav, status, bots.data],
  );
}

/** Every typed word somewhere in the entry. */
function matching(entries: Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(({ title, hint }) => words.every((word) => `${title} ${hint}`.toLowerCase().includes(word))).slice(0, MOST);
}
