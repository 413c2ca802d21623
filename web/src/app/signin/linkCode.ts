// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

let code: string | null = null;

/** Take the code of a one-time link out of the address, so that neither history nor a screenshot keeps it. */
export function takeLinkCode(): void {
  const found = new URLSearchParams(location.hash.slice(1)).get("link");
  if (!found) return;
  code = found;
  history.replaceState(history.state, "", location.pathname + location.search);
}

/** The code that came with the address; it is handed out once. */
export function spendLinkCode(): string | null {
  const taken = code;
  code = null;
  return taken;
}

/** Whether a code came with the address, and was not used yet. */
export function hasLinkCode(): boolean {
  return code !== null;
}
