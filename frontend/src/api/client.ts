/**
 * The typed door to the API. Rules:
 * 1. Every request carries the bearer token; a 401 renews it once and tries again.
 * 2. A failure is always an ApiError with the server's code and field; wording is en.json's.
 * 3. What needs a fresh sign-in asks for one and is sent again: the same request with the same idempotency key.
 */
import createClient from "openapi-fetch";
import type { paths } from "./schema";

export type Finding = { field: string | null; code: string; params: Record<string, unknown>; severity?: string };

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly field: string | null = null,
    readonly findings: Finding[] = [],
    readonly params: Record<string, unknown> = {},
    readonly detail: string | null = null,
  ) {
    super(`${status} ${code}`);
  }
}

type TokenSource = (renew?: boolean) => Promise<string | null>;

let apiBase = "";
let tokens: TokenSource = async () => null;
let signedOut: () => void = () => undefined;
let provenAnew: () => Promise<boolean> = async () => false;

export function setTokenSource(base: string, source: TokenSource, onSignedOut: () => void): void {
  apiBase = base.replace(/\/$/, "");
  tokens = source;
  signedOut = onSignedOut;
}

/** `ask` shows the owner a sign-in and says whether they did; without one the refusal stands. */
export function setReauthentication(ask: () => Promise<boolean>): () => void {
  provenAnew = ask;
  return () => {
    provenAnew = async () => false;
  };
}

async function wantsFreshSignIn(response: Response): Promise<boolean> {
  if (response.status !== 403) return false;
  const body = (await response.clone().json().catch(() => null)) as { code?: unknown } | null;
  return body?.code === "reauthentication_required";
}

async function send(request: Request): Promise<Response> {
  const url = apiBase ? request.url.replace(location.origin, apiBase) : request.url;
  const attempt = async (renew: boolean): Promise<Response> => {
    const token = await tokens(renew);
    const headers = new Headers(request.headers);
    if (token) headers.set("authorization", `Bearer ${token}`);
    const init: RequestInit = { method: request.method, headers, signal: request.signal };
    if (body !== undefined) init.body = body;
    return fetch(url, init);
  };
  const body = request.method === "GET" || request.method === "HEAD" ? undefined : await request.text();
  const first = await attempt(false);
  if (await wantsFreshSignIn(first)) return (await provenAnew()) ? attempt(false) : first;
  if (first.status !== 401) return first;
  const second = await attempt(true);
  if (second.status === 401) signedOut();
  return second;
}

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  fetch: send,
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer, or an ApiError: what queries and mutations want. */
export async function must<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "offline");
  }
  if (answer.response.ok) return answer.data as T;
  throw problem(answer.response.status, answer.error);
}

function problem(status: number, body: unknown): ApiError {
  if (typeof body !== "object" || body === null) return new ApiError(status, status >= 500 ? "server_error" : "refused");
  const { code, field, findings, params, detail } = body as Record<string, unknown>;
  return new ApiError(
    status,
    typeof code === "string" ? code : status >= 500 ? "server_error" : "refused",
    typeof field === "string" ? field : null,
    Array.isArray(findings) ? (findings as Finding[]) : [],
    typeof params === "object" && params !== null ? (params as Record<string, unknown>) : {},
    typeof detail === "string" ? detail : null,
  );
}

/** One key per click: a retry of the same click can never trade twice. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}
