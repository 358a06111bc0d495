/** The run's configuration, read once from `config.json` beside the app: one build serves every deployment. */
import * as z from "zod/mini";

z.config({ jitless: true });

const Config = z.object({
  apiBase: z._default(z.string(), ""),
  auth: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("local"), issuer: z._default(z.string(), "/oidc") }),
    z.object({
      kind: z.literal("msal"),
      clientId: z.string(),
      authority: z.string(),
      knownAuthorities: z._default(z.array(z.string()), []),
      scopes: z.array(z.string()),
    }),
  ]),
});

export type Config = z.infer<typeof Config>;
export type LocalAuth = Extract<Config["auth"], { kind: "local" }>;
export type MsalAuth = Extract<Config["auth"], { kind: "msal" }>;

let loaded: Promise<Config> | null = null;

export function loadConfig(): Promise<Config> {
  loaded ??= fetch("/config.json", { cache: "no-cache" }).then(async (response) => {
    if (!response.ok) throw new Error(`config.json answered ${response.status}`);
    return Config.parse(await response.json());
  });
  return loaded;
}
