"use client";
/** The desk: rail on wide screens, bar at the bottom on a phone, live badge always in view. */
import { LogOut, Search } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useAuth } from "@/auth/provider";
import { cx } from "@/lib/cx";
import { Link, useNav } from "@/lib/nav";
import { IconButton } from "@/ui/button";
import { Toasts } from "@/ui/toast";
import { LiveBadge } from "./live-badge";
import { Mark } from "./mark";
import { PLACES } from "./places";
import { Reauthenticate } from "./reauthenticate";
import { usePalette } from "./use-palette";

function here(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

export function Frame({ children }: { children: ReactNode }) {
  const t = useTranslations("nav");
  const { state, signOut } = useAuth();
  const path = here(useNav().path);
  const { palette, open } = usePalette();
  return (
    <div className="lg:grid lg:min-h-dvh lg:grid-cols-[196px_minmax(0,1fr)]">
      <a href="#content" className="sr-only z-50 rounded bg-accent-solid px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        {t("skip")}
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-panel lg:flex">
        <Link href="/" aria-label={t("home")} className="flex h-14 items-center gap-2.5 px-4 text-[15px] font-semibold tracking-tight">
          <Mark size={26} /> Tickwise
        </Link>
        <button type="button" onClick={open} className="mx-2 mt-1 flex h-8 items-center gap-2 rounded-md border border-line px-2.5 text-xs text-muted hover:bg-hover hover:text-text">
          <Search aria-hidden="true" className="size-3.5" /> {t("find")} <kbd className="ml-auto font-sans text-[11px]">⌘K</kbd>
        </button>
        <nav aria-label={t("main")} className="flex-1 space-y-0.5 px-2 pt-2">
          {PLACES.map(({ href, name, icon: Icon }) => (
            <Link
              key={href}
              href={href}
              aria-current={path === href ? "page" : undefined}
              className={cx(
                "flex h-9 items-center gap-2.5 rounded-md px-2.5 text-[13px] font-medium",
                path === href ? "bg-accent-soft text-accent" : "text-muted hover:bg-hover hover:text-text",
              )}
            >
              <Icon aria-hidden="true" className="size-4" />
              {t(name)}
            </Link>
          ))}
        </nav>
        <div className="space-y-2 border-t border-line p-3">
          <LiveBadge />
          <div className="flex items-center gap-1">
            <span className="min-w-0 flex-1 truncate text-xs text-muted" title={state.phase === "in" ? state.user.email : ""}>
              {state.phase === "in" ? state.user.email : ""}
            </span>
            <IconButton label={t("signOut")} className="size-8" onClick={() => void signOut()}>
              <LogOut aria-hidden="true" className="size-4" />
            </IconButton>
          </div>
        </div>
      </aside>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-panel px-3 lg:hidden">
        <Link href="/" aria-label={t("home")} className="flex items-center gap-2 text-sm font-semibold">
          <Mark size={24} /> Tickwise
        </Link>
        <IconButton label={t("find")} className="ml-auto" onClick={open}>
          <Search aria-hidden="true" className="size-4" />
        </IconButton>
        <span>
          <LiveBadge />
        </span>
        <IconButton label={t("signOut")} onClick={() => void signOut()}>
          <LogOut aria-hidden="true" className="size-4" />
        </IconButton>
      </header>
      <main id="content" tabIndex={-1} className="min-w-0 p-3 pb-24 outline-none sm:p-4 lg:pb-6">
        {children}
      </main>
      <nav aria-label={t("main")} className="fixed inset-x-0 bottom-0 z-30 grid auto-cols-fr grid-flow-col border-t border-line bg-panel pb-[env(safe-area-inset-bottom)] lg:hidden">
        {PLACES.filter((place) => !place.deskOnly).map(({ href, name, icon: Icon }) => (
          <Link
            key={href}
            href={href}
            aria-current={path === href ? "page" : undefined}
            className={cx("flex h-14 flex-col items-center justify-center gap-1 text-[10px] font-medium", path === href ? "text-accent" : "text-muted")}
          >
            <Icon aria-hidden="true" className="size-5" />
            {t(name)}
          </Link>
        ))}
      </nav>
      {palette}
      <Reauthenticate />
      <Toasts />
    </div>
  );
}
