// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useSyncExternalStore, type ReactNode } from "react";
import { useFormats } from "@/words";
import { parseTime } from "@/words/format";

const TICK_MS = 15_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time now, in milliseconds since 1970; it moves on every few seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => Math.max(now, Date.now() - TICK_MS));
}

export interface TimeProps {
  /** An ISO text, or seconds or milliseconds since 1970. */
  value: string | number | null | undefined;
  style?: "ago" | "short" | "clock" | "day";
  /** Puts the text into a sentence. */
  render?: (text: string) => ReactNode;
}

/** A point in time, how long ago it is; as a whole on hovering. */
export function Time({ value, style = "ago", render = (text) => text }: TimeProps): ReactNode {
  const formats = useFormats();
  const time = parseTime(value);
  if (time === undefined) return null;
  const full = formats.time(time, "full");
  return (
    <time dateTime={new Date(time).toISOString()} title={full}>
      {style === "ago" ? <Ago time={time} render={render} /> : render(formats.time(time, style))}
    </time>
  );
}

function Ago({ time, render }: { time: number; render: (text: string) => ReactNode }): ReactNode {
  const formats = useFormats();
  return render(formats.ago(time, useNow()));
}
