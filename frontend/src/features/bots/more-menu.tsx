"use client";
/** What is done with a bot now and then: settings, more money, a copy, its ledger as a file. */
import { Copy, EllipsisVertical, FileDown, PiggyBank, RotateCcw, Settings2, Share2, ShieldPlus, type LucideIcon } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useCloneBot } from "@/api/queries/bot-edits";
import { exportBot } from "@/api/queries/sharing";
import type { Bot } from "@/api/types";
import { useErrorText } from "@/lib/errors";
import { late } from "@/lib/late";
import { useNav } from "@/lib/nav";
import { toast } from "@/ui/toast";
import { MoneyDialog } from "./money-dialog";
import { DEALERS, mayEdit, mayRebuild } from "./words";

const ShareDialog = late(() => import("@/features/sharing/share-dialog"));
const EditDialog = late(() => import("./edit-dialog"));
const RebuildDialog = late(() => import("./rebuild-dialog"));

type Open = "edit" | "funds" | "safety" | "share" | "rebuild" | null;

export function MoreMenu({ bot }: { bot: Bot }) {
  const t = useTranslations("more");
  const text = useErrorText();
  const nav = useNav();
  const clone = useCloneBot(bot.id);
  const [open, setOpen] = useState<Open>(null);
  const running = bot.status === "active" || bot.status === "paused";
  const copy = () =>
    clone.mutate(t("copyOf", { name: bot.name.slice(0, 70) }), {
      onSuccess: (made) => {
        toast.success(t("cloned"));
        nav.go(`/bots/?id=${made.id}`);
      },
      onError: (error) => toast.error(text(error)),
    });
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger
          aria-label={t("label", { name: bot.name })}
          className="inline-grid size-9 place-items-center rounded-md border border-line-strong bg-panel hover:bg-hover"
        >
          <EllipsisVertical aria-hidden="true" className="size-4" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content align="end" sideOffset={6} className="z-40 min-w-48 rounded-lg border border-line-strong bg-panel p-1 shadow-pop">
            {mayEdit(bot) ? <Item icon={Settings2} text={t("edit")} onSelect={() => setOpen("edit")} /> : null}
            {running && bot.strategy !== "LOOP" ? <Item icon={PiggyBank} text={t("funds")} onSelect={() => setOpen("funds")} /> : null}
            {running && DEALERS.has(bot.strategy) ? <Item icon={ShieldPlus} text={t("safety")} onSelect={() => setOpen("safety")} /> : null}
            <Item icon={Copy} text={t("clone")} onSelect={copy} />
            <Item icon={FileDown} text={t("export")} onSelect={() => void exportBot(bot.id, bot.name).catch((error: unknown) => toast.error(text(error)))} />
            <Item icon={Share2} text={t("share")} onSelect={() => setOpen("share")} />
            {mayRebuild(bot) ? <Item icon={RotateCcw} text={t("rebuild")} onSelect={() => setOpen("rebuild")} /> : null}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {open === "edit" ? <EditDialog bot={bot} onClose={() => setOpen(null)} /> : null}
      {open === "rebuild" ? <RebuildDialog bot={bot} onClose={() => setOpen(null)} /> : null}
      {open === "share" ? <ShareDialog name={bot.name} of={{ bot_id: bot.id }} onClose={() => setOpen(null)} /> : null}
      {open === "funds" || open === "safety" ? <MoneyDialog bot={bot} kind={open} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

function Item({ icon: Icon, text, onSelect }: { icon: LucideIcon; text: string; onSelect: () => void }) {
  return (
    <DropdownMenu.Item onSelect={onSelect} className="flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-[13px] outline-none data-[highlighted]:bg-hover">
      <Icon aria-hidden="true" className="size-4 text-muted" /> {text}
    </DropdownMenu.Item>
  );
}
