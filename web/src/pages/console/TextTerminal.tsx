// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useImperativeHandle, useRef, useState, type ReactNode, type Ref } from "react";
import { HELLO, type FromTerminal, type ToTerminal } from "@/terminal/messages";
import styles from "./console.module.css";
import type { Handle } from "./Screen";
import { replayEarly } from "./useConsole";

/** A text terminal: xterm in a frame without rights, and the connection on this side of it. */
export default function TextTerminal({
  socket,
  label,
  pixels,
  ref,
}: {
  socket: WebSocket;
  label: string;
  pixels: number;
  ref: Ref<Handle>;
}): ReactNode {
  const frame = useRef<HTMLIFrameElement>(null);
  const [port, setPort] = useState<MessagePort | null>(null);
  const size = useRef<{ columns: number; rows: number } | null>(null);

  const greet = (): void => {
    const channel = new MessageChannel();
    // Its origin is opaque, so that no name of it could be given. It stands in our own frame.
    frame.current?.contentWindow?.postMessage(HELLO, "*", [channel.port2]);
    setPort(channel.port1);
  };

  useEffect(() => {
    if (!port) return;
    const tell = (message: ToTerminal): void => port.postMessage(message);
    const resize = (): void => {
      if (size.current && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(size.current));
    };
    const show = ({ data }: MessageEvent<ArrayBuffer | string>): void => {
      if (data instanceof ArrayBuffer) tell({ kind: "shown", data: new Uint8Array(data) });
    };
    port.onmessage = ({ data: message }: MessageEvent<FromTerminal>) => {
      if (message.kind === "sized") {
        size.current = { columns: message.columns, rows: message.rows };
        resize();
      } else if (message.kind === "typed") {
        if (socket.readyState === WebSocket.OPEN) socket.send(new Uint8Array(message.data));
      } else {
        tell({ kind: "focus" });
      }
    };
    tell({ kind: "reset" });
    resize();
    socket.addEventListener("open", resize);
    socket.addEventListener("message", show);
    socket.onmessage = null;
    replayEarly(socket);
    return () => {
      socket.removeEventListener("open", resize);
      socket.removeEventListener("message", show);
    };
  }, [port, socket]);
  useEffect(() => port?.postMessage({ kind: "named", label } satisfies ToTerminal), [port, label]);
  useEffect(() => port?.postMessage({ kind: "sized", pixels } satisfies ToTerminal), [port, pixels]);
  useImperativeHandle(ref, () => ({
    focus: () => {
      frame.current?.focus();
      port?.postMessage({ kind: "focus" } satisfies ToTerminal);
    },
    type: (text) => port?.postMessage({ kind: "typed", text } satisfies ToTerminal),
  }));
  return (
    <iframe
      ref={frame}
      src="/terminal.html"
      sandbox="allow-scripts"
      title={label}
      className={styles.frame}
      onLoad={greet}
    />
  );
}
