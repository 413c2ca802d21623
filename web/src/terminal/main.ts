// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { HELLO, type FromTerminal, type ToTerminal } from "./messages";
import "./terminal.css";

/**
 * The document of a terminal. xterm makes style elements, which the page's policy forbids, so it stands in a document
 * of its own without any rights: what is typed and shown goes through a port of the page.
 */

const PIXELS = 14;
const SCROLLBACK = 5000;
const RESIZED_MS = 80;
const THEME = {
  ...{ background: "#12141b", foreground: "#e4e6ee", cursor: "#a9b6f7", selectionBackground: "#3d4a80" },
  ...{ black: "#2b2e39", red: "#f0797c", green: "#74ca94", yellow: "#e3bd6b", blue: "#89a2f5", magenta: "#cf91e3" },
  ...{ cyan: "#6cc7d1", white: "#d2d5df", brightBlack: "#868b9c", brightRed: "#ff9a9b", brightGreen: "#97e2b1" },
  ...{
    brightYellow: "#f6d58d",
    brightBlue: "#adbfff",
    brightMagenta: "#e4b3f3",
    brightCyan: "#93e0e8",
    brightWhite: "#ffffff",
  },
};

const encoder = new TextEncoder();

function open(place: HTMLElement, port: MessagePort): void {
  const terminal = new Terminal({
    fontFamily: 'ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
    fontSize: PIXELS,
    scrollback: SCROLLBACK,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    screenReaderMode: true,
    theme: THEME,
  });
  const fit = new FitAddon();
  const send = (message: FromTerminal): void => port.postMessage(message);
  terminal.loadAddon(fit);
  terminal.open(place);
  terminal.onData((text) => send({ kind: "typed", data: encoder.encode(text) }));
  // Of the mouse, in an old way: each character is a byte.
  terminal.onBinary((text) => send({ kind: "typed", data: Uint8Array.from(text, (each) => each.charCodeAt(0)) }));
  terminal.onResize(({ cols, rows }) => send({ kind: "sized", columns: cols, rows }));
  port.onmessage = ({ data: message }: MessageEvent<ToTerminal>) => {
    switch (message.kind) {
      case "shown":
        terminal.write(message.data);
        break;
      case "typed":
        terminal.paste(message.text);
        break;
      case "named":
        document.title = message.label;
        terminal.textarea?.setAttribute("aria-label", message.label);
        break;
      case "sized":
        terminal.options.fontSize = message.pixels;
        fit.fit();
        break;
      case "focus":
        terminal.focus();
        break;
      case "reset":
        terminal.reset();
        break;
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => fit.fit(), RESIZED_MS);
  }).observe(place);
  fit.fit();
  send({ kind: "ready" });
  send({ kind: "sized", columns: terminal.cols, rows: terminal.rows });
}

const place = document.getElementById("terminal");
globalThis.addEventListener("message", (event: MessageEvent) => {
  const [port] = event.ports;
  // Only the page around it has it; its policy lets no other frame it.
  if (event.source !== globalThis.parent || event.data !== HELLO || !port || !place) return;
  place.replaceChildren();
  open(place, port);
});
