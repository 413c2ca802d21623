// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useCallback, useEffect, useState } from "react";
import { send } from "@/api/client";
import type { Result } from "@/api/shapes";
import { makeSocketUrl, type ConsoleKind, type Target } from "./model";

export interface Opened {
  id: string;
  kind: ConsoleKind;
  socket: string;
  node: string;
  vmid: number | null;
  name: string | null;
  run_id: string;
}

export type Standing =
  | { kind: "asking" }
  | { kind: "held"; planId: string }
  | { kind: "refused"; error: unknown }
  | { kind: "connecting"; opened: Opened; socket: WebSocket }
  | { kind: "open"; opened: Opened; socket: WebSocket }
  | { kind: "ended"; opened: Opened; code: number; reason: string };

// What came before anything was there to show it: a screen says its first word at once.
const early = new WeakMap<WebSocket, ArrayBuffer[]>();

function keepEarly(socket: WebSocket): void {
  const kept: ArrayBuffer[] = [];
  early.set(socket, kept);
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (data instanceof ArrayBuffer) kept.push(data);
  };
}

/** Give what came too early to who listens to a socket by now, once. */
export function replayEarly(socket: WebSocket): void {
  const kept = early.get(socket) ?? [];
  early.delete(socket);
  for (const data of kept) socket.dispatchEvent(new MessageEvent("message", { data }));
}

/** A console, from asking for it to its end; `again` asks for a new one. */
export function useConsole(target: Target): { standing: Standing; again: () => void } {
  const [attempt, setAttempt] = useState(0);
  const [standing, setStanding] = useState<Standing>({ kind: "asking" });
  const { guest, node, kind, serial } = target;
  useEffect(() => {
    const asking = new AbortController();
    let socket: WebSocket | undefined;
    setStanding({ kind: "asking" });
    const body = { ...(guest === undefined ? { node } : { guest }), kind, ...(serial && { serial }) };
    const ask = async (): Promise<void> => {
      const { data, status } = await send<Opened & Result>("POST", "/consoles", { body, signal: asking.signal });
      if (asking.signal.aborted) return;
      if (status !== 201) {
        setStanding({ kind: "held", planId: data.plan?.id ?? "" });
        return;
      }
      const opened: Opened = data;
      const connected = new WebSocket(makeSocketUrl(data.socket, location), ["binary"]);
      connected.binaryType = "arraybuffer";
      keepEarly(connected);
      socket = connected;
      connected.addEventListener("open", () => setStanding({ kind: "open", opened, socket: connected }));
      connected.addEventListener("close", ({ code, reason }) => {
        if (!asking.signal.aborted) setStanding({ kind: "ended", opened, code, reason });
      });
      setStanding({ kind: "connecting", opened, socket: connected });
    };
    ask().catch((error: unknown) => {
      if (!asking.signal.aborted) setStanding({ kind: "refused", error });
    });
    return () => {
      asking.abort();
      socket?.close();
    };
  }, [guest, node, kind, serial, attempt]);
  const again = useCallback(() => setAttempt((before) => before + 1), []);
  return { standing, again };
}
