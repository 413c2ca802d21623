// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo } from "react";
import { useReadTool } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import type { Option } from "./Select";

/** The guests of the cluster, to choose from; the value is the id as text. */
export function useGuestOptions(isWanted: (guest: Guest) => boolean = isNoTemplate): {
  options: Option<string>[];
  byId: ReadonlyMap<number, Guest>;
} {
  const guests = useReadTool<{ guests: Guest[] }>("list_guests").data?.guests;
  return useMemo(() => {
    const all = guests ?? [];
    return {
      options: all
        .filter(isWanted)
        .map(({ vmid, name }) => ({ value: String(vmid), text: `${name} (${String(vmid)})` })),
      byId: new Map(all.map((guest) => [guest.vmid, guest])),
    };
  }, [guests, isWanted]);
}

function isNoTemplate(guest: Guest): boolean {
  return !guest.template;
}
