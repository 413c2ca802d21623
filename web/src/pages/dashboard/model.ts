// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the dashboard shows, made of what the server answers. Pure. */

import type { ClusterNode, Run } from "@/api/shapes";

export interface StoragePlace {
  storage: string;
  node: string;
  type?: string;
  shared?: boolean;
  status?: string;
  used?: number | null;
  total?: number | null;
}

export interface Matter {
  kind: string;
  weight: "critical" | "decision" | "warning" | "note";
  [fact: string]: unknown;
}

export interface Overview {
  cluster: { name?: string; version?: string; nodes_online?: number; nodes_total?: number; quorate?: boolean };
  nodes: ClusterNode[];
  guests: { total?: number; running?: number; stopped?: number; unknown?: number; templates?: number };
  storage: StoragePlace[];
  attention: Matter[];
  running: Run[];
  recent: Run[];
}

export interface Checks {
  attention: Matter[];
  backups: { guests: number; gaps: number };
}

const ORDER = ["critical", "decision", "warning", "note"] as const;

/** The matters of both answers, the most urgent first. */
export function sortMatters(...lists: readonly (readonly Matter[] | undefined)[]): Matter[] {
  const all = lists.flatMap((list) => list ?? []);
  return all.sort((left, right) => ORDER.indexOf(left.weight) - ORDER.indexOf(right.weight));
}

/** Each storage once where nodes share it, the fullest first; those of which nothing is known last. */
export function listStorages(places: readonly StoragePlace[]): (StoragePlace & { part: number | undefined })[] {
  const seen = new Set<string>();
  return places
    .filter(({ storage, shared }) => {
      if (!shared) return true;
      const isNew = !seen.has(storage);
      seen.add(storage);
      return isNew;
    })
    .map((place) => ({ ...place, part: place.total ? (place.used ?? 0) / place.total : undefined }))
    .sort((left, right) => (right.part ?? -1) - (left.part ?? -1));
}

export interface Load {
  cpu: number | undefined;
  cores: number;
  mem: number;
  maxmem: number;
}

/** The load of all nodes together: a node counts by its cores. */
export function sumLoad(nodes: readonly ClusterNode[]): Load {
  const sum = { cores: 0, busy: 0, mem: 0, maxmem: 0 };
  for (const node of nodes) {
    sum.cores += node.maxcpu ?? 0;
    sum.busy += (node.cpu ?? 0) * (node.maxcpu ?? 0);
    sum.mem += node.mem ?? 0;
    sum.maxmem += node.maxmem ?? 0;
  }
  return { cpu: sum.cores ? sum.busy / sum.cores : undefined, cores: sum.cores, mem: sum.mem, maxmem: sum.maxmem };
}

/** Bytes that are used and there are, over storages that are each counted once. */
export function sumStorage(places: readonly StoragePlace[]): { used: number; total: number } {
  const each = listStorages(places);
  return {
    used: each.reduce((sum, { used }) => sum + (used ?? 0), 0),
    total: each.reduce((sum, { total }) => sum + (total ?? 0), 0),
  };
}
