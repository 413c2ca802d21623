// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import RFB from "@novnc/novnc";
import { useEffect, useImperativeHandle, useRef, type ReactNode, type Ref } from "react";
import styles from "./console.module.css";
import { listKeysyms } from "./model";
import { replayEarly } from "./useConsole";

/** What can be done with a console that is open. */
export interface Handle {
  focus: () => void;
  type: (text: string) => void;
  sendCtrlAltDel?: () => void;
}

const GROUND = "#12141b";

/** The screen of a guest, by noVNC. */
export default function Screen({
  socket,
  label,
  isScaled,
  ref,
}: {
  socket: WebSocket;
  label: string;
  isScaled: boolean;
  ref: Ref<Handle>;
}): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const rfb = useRef<RFB | null>(null);
  const scaled = useRef(isScaled);
  useEffect(() => {
    if (!place.current) return;
    const made = new RFB(place.current, socket, { shared: true });
    replayEarly(socket);
    made.background = GROUND;
    made.scaleViewport = scaled.current;
    made.focusOnClick = true;
    made.focus({ preventScroll: true });
    rfb.current = made;
    const canvas = place.current.querySelector("canvas");
    canvas?.setAttribute("aria-label", label);
    return () => {
      rfb.current = null;
      made.disconnect();
    };
  }, [socket, label]);
  useEffect(() => {
    scaled.current = isScaled;
    if (rfb.current) rfb.current.scaleViewport = isScaled;
  }, [isScaled]);
  useImperativeHandle(ref, () => ({
    focus: () => rfb.current?.focus(),
    type: (text) => {
      for (const keysym of listKeysyms(text)) rfb.current?.sendKey(keysym, null);
    },
    sendCtrlAltDel: () => rfb.current?.sendCtrlAltDel(),
  }));
  return <div ref={place} className={styles.screen} role="application" aria-label={label} />;
}
