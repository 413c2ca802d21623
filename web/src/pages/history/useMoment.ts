// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useCallback, useEffect, useRef, useState } from "react";
import { useSearchValue } from "@/app/useSearchValue";

const SETTLED_MS = 250;

/**
 * A moment in the address, in milliseconds since 1970: moved at once, kept once it has settled. At `last`, and where
 * the address has none, it is `initial`.
 */
export function useMoment(name: string, initial: number): [number, string, (value: number) => void] {
  const [kept, setKept] = useSearchValue<string>(name, "");
  const time = Date.parse(kept);
  const settled = Number.isNaN(time) ? initial : time;
  const [moved, setMoved] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = useCallback(
    (value: number) => {
      setMoved(value);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        setKept(value === initial ? "" : new Date(value).toISOString());
        setMoved(null);
      }, SETTLED_MS);
    },
    [setKept, initial],
  );
  return [moved ?? settled, new Date(settled).toISOString(), move];
}
