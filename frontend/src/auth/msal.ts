/** Sign-in with Microsoft Entra (External ID, B2C): loaded only when config.json asks for it. */
import { InteractionRequiredAuthError, PublicClientApplication, type AccountInfo } from "@azure/msal-browser";
import type { MsalAuth } from "@/lib/config";
import { AuthError, type Session, type User } from "./session";

export class MsalSession implements Session {
  readonly kind = "msal";
  private readonly app: PublicClientApplication;

  constructor(private readonly config: MsalAuth) {
    this.app = new PublicClientApplication({
      auth: {
        clientId: config.clientId,
        authority: config.authority,
        knownAuthorities: config.knownAuthorities,
        redirectUri: `${location.origin}/`,
      },
      cache: { cacheLocation: "localStorage" },
    });
  }

  async resume(): Promise<User | null> {
    await this.app.initialize();
    const back = await this.app.handleRedirectPromise();
    const account = back?.account ?? this.app.getAllAccounts()[0] ?? null;
    if (!account) return null;
    this.app.setActiveAccount(account);
    return user(account);
  }

  async signIn(): Promise<User> {
    await this.app.loginRedirect({ scopes: this.config.scopes });
    throw new AuthError("redirecting");
  }

  signUp(): Promise<User> {
    return this.signIn();
  }

  async token(renew = false): Promise<string | null> {
    try {
      const answer = await this.app.acquireTokenSilent({ scopes: this.config.scopes, forceRefresh: renew });
      return answer.accessToken;
    } catch (error) {
      if (error instanceof InteractionRequiredAuthError) return null;
      throw error;
    }
  }

  /** In a window of its own, so that what was typed on the page stays. */
  async prove(): Promise<boolean> {
    try {
      const answer = await this.app.acquireTokenPopup({ scopes: this.config.scopes, prompt: "login" });
      this.app.setActiveAccount(answer.account);
      return true;
    } catch {
      return false;
    }
  }

  async signOut(): Promise<void> {
    await this.app.logoutRedirect();
  }
}

function user(account: AccountInfo): User {
  return { id: account.localAccountId, email: account.username };
}
