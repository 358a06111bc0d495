"use client";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { Suspense, useMemo, type ReactNode } from "react";
import { Mark } from "@/features/shell/mark";
import { Root } from "@/features/shell/root";
import { NavContext, type Nav } from "@/lib/nav";
import { AppLink } from "./link";

/** The framework's router behind our own small door. */
function NavProvider({ children }: { children: ReactNode }) {
  const path = usePathname();
  const search = useSearchParams();
  const router = useRouter();
  const nav = useMemo<Nav>(
    () => ({
      path,
      param: (name) => search.get(name),
      go: (href) => router.push(href),
      replace: (href) => router.replace(href),
      Link: AppLink,
    }),
    [path, search, router],
  );
  return <NavContext.Provider value={nav}>{children}</NavContext.Provider>;
}

/** What the exported file shows until the code runs: as the gate does, without its words. */
function Cover() {
  return (
    <div className="grid min-h-dvh place-items-center p-6">
      <div className="flex flex-col items-center gap-4">
        <Mark size={44} />
        <span className="h-5" />
      </div>
    </div>
  );
}

export function App({ children }: { children: ReactNode }) {
  return (
    <Suspense fallback={<Cover />}>
      <NavProvider>
        <Root>{children}</Root>
      </NavProvider>
    </Suspense>
  );
}
