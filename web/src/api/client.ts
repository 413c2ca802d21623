// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Problem, type ProblemBody } from "./problem";

export const PREFIX = "/api/v1";

export type QueryValue = string | number | boolean | null | undefined;
export type Query = Readonly<Record<string, QueryValue>>;

export interface Sending {
  query?: Query | undefined;
  body?: unknown;
  /** Names this write, so that a repetition returns the first run. Made when it is not given. */
  idempotencyKey?: string | undefined;
  /** The version that is replaced, from the ETag of what was read. */
  ifMatch?: string | undefined;
  /** Only where there is nothing yet. */
  ifNew?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** What was answered: its data, status, and the headers that matter. */
export interface Answered<T> {
  data: T;
  status: number;
  etag: string | undefined;
  location: string | undefined;
}

const SAFE = new Set(["GET", "HEAD"]);
let csrf = "";
const onSignedOut = new Set<() => void>();

/** Keep the token of the session, which every write has to carry. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** Call `listener` whenever the server says that nobody is signed in. Returns how to stop that. */
export function onSignOut(listener: () => void): () => void {
  onSignedOut.add(listener);
  return () => onSignedOut.delete(listener);
}

/** Make a new key for one write. Keep it over repetitions of the same write. */
export function makeIdempotencyKey(): string {
  return globalThis.crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map(toHex).join("");
}

function toHex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** The address of a resource below the prefix, with its query; values that are empty are left out. */
export function makeUrl(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `${PREFIX}${path}${search ? `?${search}` : ""}`;
}

/** A path of literal parts and encoded values: `path\`/runs/${id}\``. */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.reduce((whole, part, index) => {
    const value = values[index];
    return whole + part + (value === undefined ? "" : encodeURIComponent(String(value)));
  }, "");
}

/** Send one request; throws a `Problem` for every answer that is not one of success. */
export async function send<T>(method: string, where: string, sending: Sending = {}): Promise<Answered<T>> {
  const headers = new Headers({ accept: "application/json" });
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (sending.signal) init.signal = sending.signal;
  if (sending.body !== undefined) {
    headers.set("content-type", "application/json");
    init.body = JSON.stringify(sending.body);
  }
  if (!SAFE.has(method)) {
    if (csrf) headers.set("x-csrf-token", csrf);
    headers.set("idempotency-key", sending.idempotencyKey ?? makeIdempotencyKey());
  }
  if (sending.ifMatch) headers.set("if-match", sending.ifMatch);
  if (sending.ifNew) headers.set("if-none-match", "*");
  let response: Response;
  try {
    response = await fetch(makeUrl(where, sending.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, { code: "unreachable", detail: error instanceof Error ? error.message : String(error) });
  }
  const data = await readBody(response);
  if (!response.ok) {
    if (response.status === 401 && !where.startsWith("/session/")) for (const listener of onSignedOut) listener();
    const body = data !== null && typeof data === "object" ? (data as ProblemBody) : { title: response.statusText };
    throw new Problem(response.status, body);
  }
  return {
    data: data as T,
    status: response.status,
    etag: response.headers.get("etag") ?? undefined,
    location: response.headers.get("location") ?? undefined,
  };
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return null;
  const media = response.headers.get("content-type") ?? "";
  if (!/\bjson\b/.test(media)) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(response.status, { code: "internal", detail: "The server's answer is not JSON." });
  }
}

/** Read a resource. */
export async function get<T>(where: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await send<T>("GET", where, { query, signal })).data;
}

/** Send a body to a resource. */
export async function post<T>(where: string, body: unknown = {}, sending: Sending = {}): Promise<T> {
  return (await send<T>("POST", where, { ...sending, body })).data;
}

/** Remove a resource. */
export async function remove<T>(where: string, sending: Sending = {}): Promise<T> {
  return (await send<T>("DELETE", where, sending)).data;
}

/** Replace what was read with `etag`; a 412 problem says that it is another version now. */
export async function replace<T>(where: string, body: unknown, etag: string | undefined): Promise<Answered<T>> {
  return send<T>("PUT", where, { body, ifMatch: etag });
}
