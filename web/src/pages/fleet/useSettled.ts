// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useState } from "react";

const SETTLED_MS = 450;

let stamps = 0;

export interface Settled<T> {
  value: T;
  /** Another number for each value, so that it need not be compared. */
  stamp: number;
}

/** A value once nobody has changed it for a moment. */
export function useSettled<T>(value: T, wait = SETTLED_MS): Settled<T> {
  const [settled, setSettled] = useState<Settled<T>>(() => ({ value, stamp: (stamps += 1) }));
  useEffect(() => {
    if (settled.value === value) return;
    const timer = setTimeout(() => setSettled({ value, stamp: (stamps += 1) }), wait);
    return () => clearTimeout(timer);
  }, [value, wait, settled.value]);
  return settled;
}
