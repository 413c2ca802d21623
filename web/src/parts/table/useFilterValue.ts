// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useEffect, useRef, useState } from "react";
import { useSearchValue } from "@/app/useSearchValue";

const SETTLED_MS = 300;

/** The text of a filter: typed without delay, and kept in the address, under `key`, once it has settled. */
export function useFilterValue(key: string | null): [string, (filter: string) => void] {
  const [kept, setKept] = useSearchValue<string>(key ?? "", "");
  const [typed, setTyped] = useState(key === null ? "" : kept);
  const written = useRef(kept);
  useEffect(() => {
    // The address has changed by itself: a link, or Back.
    if (key === null || kept === written.current) return;
    written.current = kept;
    setTyped(kept);
  }, [key, kept]);
  useEffect(() => {
    if (key === null || typed === written.current) return;
    const timer = setTimeout(() => {
      written.current = typed;
      setKept(typed);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [key, typed, setKept]);
  return [typed, setTyped];
}
