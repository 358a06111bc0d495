/** Sign-in against a plain OIDC issuer on the same origin: password grant, rotating refresh token. */
import type { LocalAuth } from "@/lib/config";
import { AuthError, userOf, type Session, type User } from "./session";

const KEY = "tickwise.refresh";
const CLIENT = "dashboard";
const EARLY_MS = 30_000;

type Tokens = { access_token: string; id_token?: string; refresh_token?: string; expires_in?: number };

export class LocalSession implements Session {
  readonly kind = "local";
  private access: string | null = null;
  private goodUntil = 0;
  private renewing: Promise<string | null> | null = null;

  constructor(private readonly config: LocalAuth) {}

  async resume(): Promise<User | null> {
    const token = await this.token(true);
    return token ? userOf(token) : null;
  }

  async signIn(email: string, password: string): Promise<User> {
    const tokens = await this.grant({ grant_type: "password", username: email, password, scope: "openid offline_access" });
    this.keep(tokens);
    return userOf(tokens.id_token ?? tokens.access_token, email);
  }

  async signUp(email: string, password: string): Promise<User> {
    const response = await fetch(`${this.config.issuer}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    }).catch(() => null);
    if (!response) throw new AuthError("offline");
    if (!response.ok) throw new AuthError(await codeOf(response));
    return this.signIn(email, password);
  }

  async token(renew = false): Promise<string | null> {
    if (!renew && this.access && Date.now() < this.goodUntil) return this.access;
    this.renewing ??= this.refresh().finally(() => (this.renewing = null));
    return this.renewing;
  }

  async prove(password: string): Promise<boolean> {
    const token = await this.token();
    if (!token) return false;
    await this.signIn(userOf(token).email, password);
    return true;
  }

  async signOut(): Promise<void> {
    this.access = null;
    localStorage.removeItem(KEY);
  }

  /** Refresh tokens rotate, so tabs take turns: the lock's holder reads the newest one. */
  private refresh(): Promise<string | null> {
    const work = async (): Promise<string | null> => {
      const refresh = localStorage.getItem(KEY);
      if (!refresh) return null;
      try {
        const tokens = await this.grant({ grant_type: "refresh_token", refresh_token: refresh });
        this.keep(tokens);
        return tokens.access_token;
      } catch (error) {
        if (error instanceof AuthError && error.code !== "offline") {
          localStorage.removeItem(KEY);
          this.access = null;
          return null;
        }
        throw error;
      }
    };
    if (!("locks" in navigator)) return work();
    return navigator.locks.request(KEY, work).then((token) => token);
  }

  private keep(tokens: Tokens): void {
    this.access = tokens.access_token;
    this.goodUntil = Date.now() + (tokens.expires_in ?? 300) * 1000 - EARLY_MS;
    if (tokens.refresh_token) localStorage.setItem(KEY, tokens.refresh_token);
  }

  private async grant(form: Record<string, string>): Promise<Tokens> {
    const response = await fetch(`${this.config.issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({ client_id: CLIENT, ...form }),
    }).catch(() => null);
    if (!response || response.status >= 500) throw new AuthError("offline");
    if (!response.ok) throw new AuthError(await codeOf(response));
    return (await response.json()) as Tokens;
  }
}

async function codeOf(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as { error?: string; code?: string };
  return body.code ?? body.error ?? "refused";
}
