/** What every way of signing in offers; the access token lives in memory only. */

export type User = { id: string; email: string };

export class AuthError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

export interface Session {
  readonly kind: "local" | "msal";
  /** Pick up a session that survives a reload; null means: ask the person. */
  resume(): Promise<User | null>;
  signIn(email: string, password: string): Promise<User>;
  signUp(email: string, password: string): Promise<User>;
  /** A token that is still good; `renew` asks for a new one. Null when the session is over. */
  token(renew?: boolean): Promise<string | null>;
  /** Prove again who one is, without leaving the page where that can be done; false when it was given up. */
  prove(password: string): Promise<boolean>;
  signOut(): Promise<void>;
}

/** Claims of a JWT for display only; the API verifies it, the browser does not need to. */
export function claims(jwt: string): Record<string, unknown> {
  const body = jwt.split(".")[1];
  if (!body) return {};
  const bytes = Uint8Array.from(atob(body.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}

export function userOf(jwt: string, email = ""): User {
  const found = claims(jwt);
  const mail = found.email ?? found.preferred_username ?? email;
  return { id: String(found.sub ?? ""), email: String(mail) };
}
