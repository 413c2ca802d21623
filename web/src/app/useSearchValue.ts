// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/**
 * A value that is kept in the address (`?tab=backups`), so that it can be linked to and Back undoes it.
 * The default is left out of the address.
 */
export function useSearchValue<T extends string>(name: string, initial: T): [T, (value: T) => void] {
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = useCallback(
    (value: T) => {
      void navigate({
        to: ".",
        search: (before: Record<string, string | undefined>) => ({
          ...before,
          [name]: value === initial ? undefined : value,
        }),
        replace: true,
        resetScroll: false,
      } as never);
    },
    [navigate, name, initial],
  );
  return [(search[name] as T | undefined) ?? initial, set];
}
