// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { lazy, Suspense, useSyncExternalStore, type ReactNode } from "react";
import type { Tone } from "../notes/Note";

export interface ToastOptions {
  tone?: Tone;
  text?: ReactNode;
  /** A link or button. One with an action, and a bad one, stays until it is dismissed. */
  action?: ReactNode;
}

export interface ToastMessage extends ToastOptions {
  title: string;
}

type Show = (message: ToastMessage) => void;

const ToastHost = lazy(() => import("./ToastHost"));
const waiting: ToastMessage[] = [];
let show: Show | null = null;
let isNeeded = false;
const listeners = new Set<() => void>();

/** Say for a moment what has happened. What somebody has to act on stands in the page, not here. */
export function showToast(title: string, options: ToastOptions = {}): void {
  const message = { title, ...options };
  if (show) {
    show(message);
    return;
  }
  waiting.push(message);
  isNeeded = true;
  for (const listener of listeners) listener();
}

/** Let toasts be shown by `next`, those that wait first. */
export function setToastShower(next: Show | null): void {
  show = next;
  if (next) waiting.splice(0).forEach(next);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The place where toasts are shown; its code is loaded with the first. */
export function Toasts(): ReactNode {
  const needed = useSyncExternalStore(subscribe, () => isNeeded);
  return needed ? (
    <Suspense fallback={null}>
      <ToastHost />
    </Suspense>
  ) : null;
}
