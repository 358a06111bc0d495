/** Signing in with Microsoft Entra (External ID, B2C): the redirect, the code and the token, against a directory the test answers for. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { axe, DESK, shoot, watched } from "../support/browser";
import { aDesk } from "./desk";
import { aWorld, enter } from "./fixtures";

const HOST = "https://contoso.b2clogin.com";
const AUTHORITY = `${HOST}/contoso.onmicrosoft.com/b2c_1_signin/`;
const CLIENT = "3b0f8a5e-7d0a-4c7e-9a53-0f6c2a1d4e11";
const SCOPE = "https://contoso.onmicrosoft.com/tickwise/access";
const { browser, origin } = aDesk();

test("a person goes to the directory, comes back signed in, and every request carries the token", async () => {
  const context = await browser().newContext({ viewport: DESK });
  const { page, watch } = await watched(context, origin());
  await enter(context, page, origin(), aWorld());
  const directory = await aDirectory(page);
  await page.goto(`${origin()}/`);
  await page.getByRole("button", { name: "Continue with Microsoft" }).waitFor();
  await shoot(page, "sign-in-cloud");
  expect(await axe(page)).toEqual([]);

  const asked = page.waitForRequest((request) => request.url().endsWith("/api/v1/bots?limit=200"));
  await page.getByRole("button", { name: "Continue with Microsoft" }).click();
  expect((await asked).headers().authorization).toBe("Bearer access-1");
  await page.getByText("owner@contoso.example").first().waitFor();
  expect(directory.asked).toMatchObject({ client_id: CLIENT, redirect_uri: `${origin()}/`, response_type: "code", code_challenge_method: "S256" });
  expect(directory.asked.scope).toContain(SCOPE);
  expect(directory.redeemed).toMatchObject({ grant_type: "authorization_code", code: "code-1" });
  expect(directory.redeemed.code_verifier).toMatch(/^[\w-]{43,}$/);
  expect(page.url()).not.toContain("code-1");
  expect(watch.errors).toEqual([]);
  expect(watch.outside.filter((url) => !url.startsWith(HOST) && !url.startsWith("ws"))).toEqual([]);

  await page.reload();
  await page.getByText("owner@contoso.example").first().waitFor();
  await context.close();
});

type Directory = { asked: Record<string, string>; redeemed: Record<string, string> };

/** What an Entra user flow answers, as far as the browser asks. */
async function aDirectory(page: Page): Promise<Directory> {
  const seen: Directory = { asked: {}, redeemed: {} };
  const open = { "access-control-allow-origin": "*" };
  await page.route("**/config.json", (route) => route.fulfill({ json: { apiBase: "", auth: { kind: "msal", clientId: CLIENT, authority: AUTHORITY, knownAuthorities: [new URL(HOST).host], scopes: [SCOPE] } } }));
  await page.route(`${HOST}/**`, (route) => {
    const url = new URL(route.request().url());
    if (url.pathname.endsWith("/openid-configuration")) {
      return route.fulfill({ headers: open, json: { issuer: `${AUTHORITY}v2.0/`, authorization_endpoint: `${AUTHORITY}oauth2/v2.0/authorize`, token_endpoint: `${AUTHORITY}oauth2/v2.0/token`, end_session_endpoint: `${AUTHORITY}oauth2/v2.0/logout`, jwks_uri: `${AUTHORITY}keys` } });
    }
    if (url.pathname.endsWith("/authorize")) {
      seen.asked = Object.fromEntries(url.searchParams);
      const back = `${seen.asked.redirect_uri}#${new URLSearchParams({ code: "code-1", state: seen.asked.state ?? "", client_info: encoded({ uid: "u1", utid: "t1" }) })}`;
      return route.fulfill({ contentType: "text/html", body: `<script>location.replace(${JSON.stringify(back)})</script>` });
    }
    seen.redeemed = Object.fromEntries(new URLSearchParams(route.request().postData() ?? ""));
    return route.fulfill({ headers: open, json: { token_type: "Bearer", scope: SCOPE, expires_in: 3600, access_token: "access-1", refresh_token: "refresh-1", client_info: encoded({ uid: "u1", utid: "t1" }), id_token: idToken(seen.asked.nonce ?? "") } });
  });
  return seen;
}

function idToken(nonce: string): string {
  const now = Math.floor(Date.now() / 1000);
  const said = { iss: `${AUTHORITY}v2.0/`, aud: CLIENT, iat: now, nbf: now, exp: now + 3600, sub: "u1", oid: "u1", tid: "t1", ver: "2.0", nonce, preferred_username: "owner@contoso.example", tfp: "b2c_1_signin" };
  return [{ alg: "RS256", typ: "JWT" }, said, {}].map(encoded).join(".");
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
