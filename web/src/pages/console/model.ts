// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What a console is asked for with, and what is typed into a screen. Pure. */

export type ConsoleKind = "vnc" | "terminal";

export interface Target {
  guest?: number;
  node?: string;
  kind: ConsoleKind;
  serial?: string;
}

/** Read whose console an address asks for; null where it names none, or both a guest and a node. */
export function readTarget(search: Readonly<Record<string, string | undefined>>): Target | null {
  const kind: ConsoleKind = search.kind === "terminal" ? "terminal" : "vnc";
  const serial = search.serial && /^serial[0-3]$/.test(search.serial) ? { serial: search.serial } : {};
  if (search.guest !== undefined && search.node === undefined) {
    return /^[1-9]\d{2,8}$/.test(search.guest) ? { guest: Number(search.guest), kind, ...serial } : null;
  }
  if (search.node && search.guest === undefined) return { node: search.node, kind };
  return null;
}

const RETURN = 0xff0d;
const TAB = 0xff09;
const UNICODE = 0x01000000;

/** The keys, as X11 numbers them, that type a text. Control characters but the tab and the line's end are left out. */
export function listKeysyms(text: string): number[] {
  const keysyms: number[] = [];
  for (const character of text.replace(/\r\n?/g, "\n")) {
    const code = character.codePointAt(0) ?? 0;
    if (character === "\n") keysyms.push(RETURN);
    else if (character === "\t") keysyms.push(TAB);
    else if ((code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xff)) keysyms.push(code);
    else if (code > 0xff) keysyms.push(UNICODE | code);
  }
  return keysyms;
}

/** The address of a socket of this server. */
export function makeSocketUrl(path: string, { protocol, host }: { protocol: string; host: string }): string {
  return `${protocol === "https:" ? "wss" : "ws"}://${host}${path}`;
}
