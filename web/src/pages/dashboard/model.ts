// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What the dashboard shows, made of what the server answers. Pure. */

import type { ClusterNode, Guest, Run } from "@/api/shapes";
import type { PageName } from "@/app/pages";

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
  guests: {
    total?: number;
    running?: number;
    stopped?: number;
    unknown?: number;
    templates?: number;
    by_type?: { qemu?: number; lxc?: number };
  };
  storage: StoragePlace[];
  attention: Matter[];
  running: Run[];
  recent: Run[];
}

export interface Checks {
  attention: Matter[];
  backups: {
    guests: number;
    gaps: number;
    scheduled?: number;
    oldest?: { vmid: number; name: string; type?: string; age: number } | null;
  };
  fleets?: { fleet: string; drifted: number }[];
}

const ORDER = ["critical", "decision", "warning", "note"] as const;

/** The matters of both answers, the most urgent first. */
export function sortMatters(...lists: readonly (readonly Matter[] | undefined)[]): Matter[] {
  const all = lists.flatMap((list) => list ?? []);
  return all.sort((left, right) => ORDER.indexOf(left.weight) - ORDER.indexOf(right.weight));
}

/** A storage with the places that show it: one where nodes share it, else each node's own. */
export interface StorageRow {
  storage: string;
  type: string | undefined;
  shared: boolean;
  /** How many nodes have it. */
  nodes: number;
  /** The place that is fullest: what is at stake. */
  fullest: StoragePlace & { part: number | undefined };
  isDown: boolean;
  used: number;
  total: number;
}

/** Each storage once, by its fullest place, the fullest first; those of which nothing is known last. */
export function listStorages(places: readonly StoragePlace[]): StorageRow[] {
  const rows = new Map<string, StorageRow>();
  for (const place of places) {
    const part = place.total ? (place.used ?? 0) / place.total : undefined;
    const isDown = place.status !== undefined && place.status !== "available";
    const row = rows.get(place.storage);
    if (!row) {
      rows.set(place.storage, {
        storage: place.storage,
        type: place.type,
        shared: place.shared ?? false,
        nodes: 1,
        fullest: { ...place, part },
        isDown,
        used: place.used ?? 0,
        total: place.total ?? 0,
      });
      continue;
    }
    row.nodes += 1;
    row.isDown ||= isDown;
    if (!row.shared) {
      row.used += place.used ?? 0;
      row.total += place.total ?? 0;
    }
    if ((part ?? -1) > (row.fullest.part ?? -1)) {
      row.fullest = { ...place, part };
      if (row.shared) [row.used, row.total] = [place.used ?? 0, place.total ?? 0];
    }
  }
  return [...rows.values()].sort((left, right) => (right.fullest.part ?? -1) - (left.fullest.part ?? -1));
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
    used: each.reduce((sum, { used }) => sum + used, 0),
    total: each.reduce((sum, { total }) => sum + total, 0),
  };
}

/** Nodes that are down first, then the busiest. */
export function sortNodes(nodes: readonly ClusterNode[]): ClusterNode[] {
  const weigh = (node: ClusterNode): number =>
    node.status === "online" ? Math.max(node.cpu ?? 0, node.maxmem ? (node.mem ?? 0) / node.maxmem : 0) : 2;
  return [...nodes].sort((left, right) => weigh(right) - weigh(left) || left.node.localeCompare(right.node));
}

/** How many guests each node has, templates left out. */
export function countByNode(guests: readonly Guest[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { node, template } of guests) if (!template) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

/** A fact of a matter as text, and as a number. */
export const readText = (value: unknown): string => (value === undefined || value === null ? "" : String(value));
export const readNumber = (value: unknown): number => (typeof value === "number" ? value : 0);

/** Where a matter is looked at: a page and its address. */
export function findPlace(matter: Matter): { page: PageName; href: string } | undefined {
  const fact = (name: string): string => encodeURIComponent(readText(matter[name]));
  switch (matter.kind) {
    case "frozen":
      return { page: "settings", href: "/settings" };
    case "no_quorum":
      return { page: "nodes", href: "/nodes" };
    case "node_offline":
      return { page: "node", href: `/nodes/${fact("node")}` };
    case "storage_full":
    case "storage_unavailable":
      return { page: "storage", href: `/storage?tab=content&storage=${fact("storage")}` };
    case "plan_waiting":
      return { page: "approval", href: `/approvals/${fact("plan_id")}` };
    case "run_failed":
      return { page: "run", href: `/runs/${fact("run_id")}` };
    case "backups_missing":
      return { page: "storage", href: "/storage?tab=protection" };
    case "drift":
      return { page: "fleet", href: `/fleet/${fact("fleet")}` };
    default:
      return undefined;
  }
}

/** Who asked for a run: the person, and the client that did it for them, where that is none of ours. */
export function nameAsker(run: Run): string {
  const client = run.client_name ?? "";
  const asker = run.asker ?? "";
  return client && !client.startsWith("playvisor") && client !== asker
    ? [client, asker].filter(Boolean).join(", ")
    : asker;
}
