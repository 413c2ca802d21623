// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the page and the document of a terminal tell each other, by a MessagePort. The page keeps the connection. */

/** What the page says. The first message of all has the port, and this word. */
export const HELLO = "playvisor.terminal";

export type ToTerminal =
  | { kind: "shown"; data: Uint8Array }
  | { kind: "typed"; text: string }
  | { kind: "named"; label: string }
  | { kind: "sized"; pixels: number }
  | { kind: "focus" }
  | { kind: "reset" };

export type FromTerminal =
  { kind: "ready" } | { kind: "typed"; data: Uint8Array } | { kind: "sized"; columns: number; rows: number };
