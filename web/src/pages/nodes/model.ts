// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** What a node is, as `list_nodes` says it, and what the pages of nodes make of it. Pure. */

import type { ClusterNode } from "@/api/shapes";

export interface NodeFacts extends ClusterNode {
  loadavg?: number[];
  swap?: { used: number; total: number };
  version?: string;
  kernel?: string;
  cpu_model?: string;
}

/** A part of a whole; undefined where the node is down, or where the whole is not known. */
export function readPart(node: NodeFacts, used: number | undefined, total: number | undefined): number | undefined {
  return node.status === "online" && total ? (used ?? 0) / total : undefined;
}

/** How a task of Proxmox VE stands, in the words for states. */
export function readTask(task: {
  status?: string | null;
  exitstatus?: string | null;
  endtime?: number | null;
}): string {
  const exit = task.exitstatus ?? (task.status && task.status !== "stopped" ? task.status : undefined);
  if (!task.endtime && (!exit || exit === "running")) return "running";
  if (exit === "OK") return "ok";
  return exit?.startsWith("WARNINGS") ? "interrupted" : "failed";
}
