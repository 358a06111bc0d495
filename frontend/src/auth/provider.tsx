"use client";
/** Who is signed in, for the whole tree. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { setTokenSource } from "@/api/client";
import { loadConfig, type Config } from "@/lib/config";
import { LocalSession } from "./local";
import type { Session, User } from "./session";

/** `waiting`: the server does not answer yet; it is asked again by itself. */
type State = { phase: "starting" } | { phase: "waiting"; tries: number } | { phase: "out" } | { phase: "in"; user: User };

type Auth = {
  state: State;
  kind: "local" | "msal";
  signIn: (email: string, password: string) => Promise<void>;
  signUp: (email: string, password: string) => Promise<void>;
  prove: (password: string) => Promise<boolean>;
  signOut: () => Promise<void>;
};

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5_000;

const AuthContext = createContext<Auth | null>(null);

type Begun = { config: Config; session: Session; user: User | null };

async function begin(): Promise<Begun> {
  const config = await loadConfig();
  const session = await open(config);
  return { config, session, user: await session.resume() };
}

/** The first try runs as soon as this code does: the session is on its way while the page is still being put together. */
let first: Promise<Begun> | null = typeof window === "undefined" ? null : begin();
first?.catch(() => undefined);

function nextTry(): Promise<Begun> {
  const trying = first ?? begin();
  first = null;
  return trying;
}

async function open(config: Config): Promise<Session> {
  if (config.auth.kind === "local") return new LocalSession(config.auth);
  const { MsalSession } = await import("./msal");
  return new MsalSession(config.auth);
}

export function AuthProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(null);
  const [state, setState] = useState<State>({ phase: "starting" });

  useEffect(() => {
    let gone = false;
    void (async () => {
      for (let tries = 1; !gone; tries += 1) {
        try {
          const { config, session: opened, user } = await nextTry();
          if (gone) return;
          setTokenSource(config.apiBase, (renew) => opened.token(renew), () => setState({ phase: "out" }));
          setSession(opened);
          return setState(user ? { phase: "in", user } : { phase: "out" });
        } catch {
          if (gone) return;
          setState({ phase: "waiting", tries });
          await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * tries)));
        }
      }
    })();
    return () => {
      gone = true;
    };
  }, []);

  const enter = useCallback(async (work: Promise<User> | undefined) => {
    const user = await work;
    if (user) setState({ phase: "in", user });
  }, []);

  const value = useMemo<Auth>(
    () => ({
      state,
      kind: session?.kind ?? "local",
      signIn: (email, password) => enter(session?.signIn(email, password)),
      signUp: (email, password) => enter(session?.signUp(email, password)),
      prove: async (password) => (await session?.prove(password)) ?? false,
      signOut: async () => {
        await session?.signOut();
        setState({ phase: "out" });
      },
    }),
    [state, session, enter],
  );
  return <AuthContext.Provider value={value}>{children}</AuthContext.Provider>;
}

export function useAuth(): Auth {
  const auth = useContext(AuthContext);
  if (!auth) throw new Error("no AuthProvider around this component");
  return auth;
}
