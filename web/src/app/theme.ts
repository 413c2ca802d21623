// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useSyncExternalStore } from "react";

export type ThemeChoice = "light" | "dark" | "auto";
export type Theme = "light" | "dark";

const KEY = "playvisor.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function readChoice(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "auto";
  } catch {
    return "auto";
  }
}

let choice = readChoice();

function applyTheme(): void {
  document.documentElement.dataset.theme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  for (const listener of listeners) listener();
}

/** Use a theme from now on, also in the other tabs of this browser. */
export function setTheme(next: ThemeChoice): void {
  choice = next;
  try {
    if (next === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Storage is off: it holds until the page is left.
  }
  applyTheme();
}

/** Follow the system's theme where none is chosen, and what other tabs choose. */
export function followSystemTheme(): void {
  system.addEventListener("change", applyTheme);
  globalThis.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    choice = readChoice();
    applyTheme();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, () => choice);
}

/** The theme that shows now. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light"));
}
