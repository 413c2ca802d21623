// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the page of storages shows, made of what the tools answer. Pure. */

import type { StoragePlace } from "../dashboard/model";

/** A storage as one node sees it, with what it may hold. */
export type Place = StoragePlace & { content?: string[] };

export interface Volume {
  volid: string;
  storage: string;
  node: string;
  content: string;
  format?: string;
  size: number;
  vmid?: number | null;
  ctime?: number | null;
  notes?: string | null;
  protected?: boolean;
  orphan?: boolean;
}

/** Volumes of storages that nodes share once, whichever nodes told of them. */
export function listOnce(
  volumes: readonly Volume[],
  places: readonly { storage: string; shared?: boolean }[],
): Volume[] {
  const shared = new Set(places.filter((place) => place.shared).map((place) => place.storage));
  const seen = new Set<string>();
  return volumes.filter((volume) => {
    if (!shared.has(volume.storage)) return true;
    const isNew = !seen.has(volume.volid);
    seen.add(volume.volid);
    return isNew;
  });
}

export interface CheckedGuest {
  vmid: number;
  name: string;
  node: string;
  type: string;
  template?: boolean;
  count: number;
  size: number;
  latest: { volid: string; storage: string; ctime: number; age: number; size: number; protected?: boolean } | null;
  recent: boolean;
  scheduled: boolean;
}

/** How a guest is protected: worst first is how they are sorted. */
export function readProtection(guest: CheckedGuest): "never" | "stale" | "covered" {
  if (!guest.latest) return "never";
  return guest.recent ? "covered" : "stale";
}

const ORDER = ["never", "stale", "covered"];

/** Guests without any backup first, then those whose latest is oldest. */
export function sortByProtection(guests: readonly CheckedGuest[]): CheckedGuest[] {
  return [...guests].sort(
    (left, right) =>
      ORDER.indexOf(readProtection(left)) - ORDER.indexOf(readProtection(right)) ||
      (right.latest?.age ?? 0) - (left.latest?.age ?? 0),
  );
}
