// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What is done in a page, as somebody would write it in a terminal. Pure. */

/** A word as a shell reads it. */
export function quoteShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export interface CurlRequest {
  method: string;
  url: string;
  body?: unknown;
  /** It needs nobody to be signed in. */
  isOpen?: boolean;
  headers?: readonly string[];
}

/** A request as curl makes it, with a token from the environment. */
export function makeCurl({ method, url, body, isOpen, headers = [] }: CurlRequest): string {
  const parts = [
    `curl${method === "GET" ? "" : ` -X ${method}`} ${quoteShell(url)}`,
    ...(isOpen ? [] : [`-H "Authorization: Bearer $PLAYVISOR_TOKEN"`]),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'"]),
    ...headers.map((header) => `-H ${quoteShell(header)}`),
    ...(body === undefined ? [] : [`-d ${quoteShell(JSON.stringify(body))}`]),
  ];
  return parts.join(" \\\n  ");
}

/** A call of a tool on the command line: objects by dots, short lists by commas, anything else as JSON. */
export function makeCommand(tool: string, args: Readonly<Record<string, unknown>>, check = false): string {
  const words = Object.entries(args).flatMap(([name, value]) => listWords(name, value));
  return ["playvisor call", tool, ...words.map(quoteShell), ...(check ? ["--check"] : [])].join(" ");
}

function listWords(name: string, value: unknown): string[] {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length && entries.every(([key]) => /^\w+$/.test(key)))
      return entries.flatMap(([key, each]) => listWords(`${name}.${key}`, each));
  }
  if (Array.isArray(value) && value.length && value.every(isPlain)) return [`${name}=${value.join(",")}`];
  return [`${name}=${typeof value === "string" && !looksLikeJson(value) ? value : JSON.stringify(value)}`];
}

function isPlain(value: unknown): value is string | number {
  return (
    typeof value === "number" ||
    (typeof value === "string" && value !== "" && !/[,\s]/.test(value) && !looksLikeJson(value))
  );
}

function looksLikeJson(text: string): boolean {
  return /^\s*["[{]/.test(text);
}
