// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";

/** How long a print waits for what is not loaded yet. */
const PATIENCE_MS = 8_000;

let isPrinting = false;
const listeners = new Set<() => void>();

function set(value: boolean): void {
  isPrinting = value;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Let the browser's own print, which takes what is loaded, show all parts, too. */
export function watchPrinting(): void {
  addEventListener("beforeprint", () => flushSync(() => set(true)));
  addEventListener("afterprint", () => set(false));
}

/** Whether the page is being printed: what is behind a tab, or scrolled out of sight, belongs on paper, too. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, () => isPrinting);
}

/** Print the page with all of its parts, once they are loaded. */
export async function printWhole(): Promise<void> {
  set(true);
  const end = performance.now() + PATIENCE_MS;
  do {
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (document.querySelector("[data-loading], [aria-busy=true]") && performance.now() < end);
  print();
}
