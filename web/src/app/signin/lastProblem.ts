// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Problem } from "@/api/problem";

// The server names it so over TLS, where no other host can set it; not over TLS, without the prefix.
const COOKIE = /(?:^|; )((?:__Host-)?playvisor-problem)="?([^;"]*)/;

/** Why the sign-in by an identity provider failed, which the server says once, in a cookie. */
export function takeProblem(): Problem | null {
  const [, name, text] = COOKIE.exec(document.cookie) ?? [];
  if (!name || !text) return null;
  document.cookie = `${name}=; max-age=0; path=/; samesite=lax${name.startsWith("__Host-") ? "; secure" : ""}`;
  try {
    return new Problem(401, JSON.parse(decodeURIComponent(text)) as { detail: string; code: string; hint?: string });
  } catch {
    return null;
  }
}
