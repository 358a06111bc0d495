"use client";
/** Signed in or not; the live feed runs exactly as long as the session. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useAuth } from "@/auth/provider";
import { late } from "@/lib/late";
import { useNav } from "@/lib/nav";
import { Button, Spinner } from "@/ui/button";
import { Frame } from "./frame";
import { Mark } from "./mark";

/** So many tries before it is said that something may be wrong. */
const PATIENT = 4;

const SignIn = late(() => import("./sign-in"));

export function Gate({ children }: { children: ReactNode }) {
  const { state } = useAuth();
  const t = useTranslations("gate");
  const { path } = useNav();
  useFeed(state.phase === "in");

  // What was shared is for whoever has the link.
  if (path.startsWith("/shared")) return children;
  if (state.phase === "in") return <Frame>{children}</Frame>;
  if (state.phase === "out") return <SignIn />;
  return (
    <main className="grid min-h-dvh place-items-center p-6 text-center">
      <div role="status" className="flex max-w-sm flex-col items-center gap-4">
        <Mark size={44} />
        <h1 className="flex items-center gap-3 text-sm text-muted">
          <Spinner /> {t(state.phase === "waiting" ? "waiting" : "starting")}
        </h1>
        {state.phase === "waiting" && state.tries > PATIENT ? (
          <>
            <p className="text-xs text-muted">{t("waitingText")}</p>
            <Button small onClick={() => location.reload()}>
              {t("reload")}
            </Button>
          </>
        ) : null}
      </div>
    </main>
  );
}

/** The feed's code comes after the first screen; signing out stops it and forgets what was read. */
function useFeed(on: boolean): void {
  const cache = useQueryClient();
  useEffect(() => {
    if (!on) return;
    let stop: (() => void) | null = null;
    let gone = false;
    void import("@/api/live").then(({ startLive }) => {
      if (!gone) stop = startLive(cache);
    });
    return () => {
      gone = true;
      stop?.();
      cache.clear();
    };
  }, [on, cache]);
}
