import { expect, test } from "vitest";
import { parseConfig } from "@/lib/config";

test("a local issuer needs only its path", () => {
  expect(parseConfig({ auth: { kind: "local", issuer: "/oidc" } })).toEqual({ apiBase: "", auth: { kind: "local", issuer: "/oidc" } });
});

test("a cloud sign-in keeps its authority and scopes", () => {
  const auth = { kind: "msal", clientId: "c", authority: "https://login.example/tenant", scopes: ["api://x/bots.read"] };
  expect(parseConfig({ apiBase: "https://api.example", auth })).toEqual({ apiBase: "https://api.example", auth: { ...auth, knownAuthorities: [] } });
});

test.each([[null], [{}], [{ auth: { kind: "other" } }], [{ auth: { kind: "local" } }], [{ apiBase: 1, auth: { kind: "local", issuer: "/oidc" } }]])(
  "a broken file is refused: %j",
  (raw) => {
    expect(() => parseConfig(raw)).toThrow();
  },
);
