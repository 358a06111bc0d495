/**
 * The run's configuration, read once (again only after a failure) from `config.json` beside the app: one build serves every deployment.
 * Checked by hand: it is five fields on the way to the first screen, and a schema library there costs more than the screen.
 */

export type LocalAuth = { kind: "local"; issuer: string };
export type MsalAuth = { kind: "msal"; clientId: string; authority: string; knownAuthorities: string[]; scopes: string[] };
export type Config = { apiBase: string; auth: LocalAuth | MsalAuth };

let loaded: Promise<Config> | null = null;

export function loadConfig(): Promise<Config> {
  loaded ??= read().catch((error: unknown) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

async function read(): Promise<Config> {
  const response = await fetch("/config.json");
  if (!response.ok) throw new Error(`config.json answered ${response.status}`);
  return parseConfig(await response.json());
}

export function parseConfig(raw: unknown): Config {
  const config = record(raw, "config.json");
  const auth = record(config.auth, "auth");
  const apiBase = config.apiBase === undefined ? "" : text(config.apiBase, "apiBase");
  if (auth.kind === "local") return { apiBase, auth: { kind: "local", issuer: text(auth.issuer, "auth.issuer") } };
  if (auth.kind !== "msal") throw new Error("auth.kind must be local or msal");
  return {
    apiBase,
    auth: {
      kind: "msal",
      clientId: text(auth.clientId, "auth.clientId"),
      authority: text(auth.authority, "auth.authority"),
      knownAuthorities: auth.knownAuthorities === undefined ? [] : texts(auth.knownAuthorities, "auth.knownAuthorities"),
      scopes: texts(auth.scopes, "auth.scopes"),
    },
  };
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${name} must be an object`);
  return value as Record<string, unknown>;
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw new Error(`${name} must be text`);
  return value;
}

function texts(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw new Error(`${name} must be a list`);
  return value.map((one) => text(one, name));
}
